// A directory with a report, a step of a CI system and a made-up forge, for what publishes with a
// token.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/publish/trusted.h"
#include "tests/fakes/fake_clock.h"
#include "tests/unit/model/report_fixtures.h"
#include "tests/unit/publish/fake_forge.h"

namespace melisai::publish {
namespace trusted_test {

using testing::FakeForge;
using testing::json;

inline const std::string kHead(40, '2');  // of the fixtures' reports

/// The forge of a test, handed to the command that asks for one.
class Lent final : public HttpClient {
 public:
  explicit Lent(HttpClient& lender) : lender_(lender) {}
  Result<HttpAnswer> send(const HttpCall& call, const Interrupt& interrupt) override {
    return lender_.send(call, interrupt);
  }

 private:
  HttpClient& lender_;
};

class Trusted : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_.emplace(*TemporaryDirectory::make(::testing::TempDir(), "publish-"));
    forge_.head = kHead;
    env_ = {{"GITHUB_TOKEN", "ghs_secret"}};
    write(to_json(fixtures::regression_report()));
  }
  std::string dir() const { return directory_->path(); }
  void write(const std::string& text) { std::ofstream(dir() + "/report.json") << text; }
  void event(const json& body) {
    std::ofstream(dir() + "/event.json") << body.dump();
    env_["GITHUB_EVENT_PATH"] = dir() + "/event.json";
  }
  static json of_fork(const std::string& branch = "feature") {
    return {{"repository", {{"full_name", "team/demo"}}},
            {"workflow_run",
             {{"event", "pull_request"},
              {"head_sha", kHead},
              {"head_branch", branch},
              {"html_url", "https://github.com/team/demo/actions/runs/5"},
              {"pull_requests", json::array()},
              {"head_repository", {{"full_name", "mona/demo"}, {"owner", {{"login", "mona"}}}}}}}};
  }
  static json pull(int number, const std::string& sha, const json& repository,
                   const std::string& branch = "feature") {
    return {{"number", number}, {"head", {{"sha", sha}, {"ref", branch}, {"repo", repository}}}};
  }
  EnvLookup env() const {
    return [this](const std::string& name) {
      const auto found = env_.find(name);
      return found == env_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  Result<int> run(Request request = {}) {
    request.from = dir();
    printed_.clear();
    complaints_.clear();
    const Command command{
        .env = env(),
        .open_web = [this]() -> Result<std::unique_ptr<HttpClient>> {
          return std::unique_ptr<HttpClient>(std::make_unique<Lent>(forge_));
        },
        .clock = clock_,
        .interrupt = interrupt_,
        .print =
            [this](std::string_view text) {
              printed_ += text;
              return true;
            },
        .complain = [this](const std::string& line) { complaints_.push_back(line); }};
    return publish::run(request, command);
  }
  static Request plain() { return {.repository = "team/demo", .sha = kHead, .pull_request = 7}; }

  std::optional<TemporaryDirectory> directory_;
  std::map<std::string, std::string> env_;
  FakeForge forge_;
  FakeClock clock_;
  Interrupt interrupt_;
  std::string printed_;
  std::vector<std::string> complaints_;
};

}  // namespace trusted_test
}  // namespace melisai::publish
