// The front door of the real daemon: deliveries of a forge, tokens.
#pragma once

#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "core/base/http_client.h"
#include "tests/e2e/support/serve.h"

namespace melisai::e2e {

class FrontDoor : public Serve {
 protected:
  static constexpr const char* kHookSecret = "s3cret-of-the-hook";

  /// Polling finds nothing while a test runs, but for the first sight. `http`, `orchestrator` and
  /// `project` are further keys of those sections, `extra` further sections.
  void configure_front(const std::string& http = "", const std::string& extra = "",
                       const std::string& orchestrator = "", const std::string& project = "") {
    std::ofstream(config_file())
        << "project: { name: demo, repository: demo.git, webhook: { secret: " << kHookSecret
        << ", repository: team/demo }" << project << " }\n"
        << "orchestrator: { polling_interval: 1h, preflight: { quiet_wait: 0s }" << orchestrator
        << " }\nhttp: { enabled: true, port: 0" << http << " }\n"
        << extra;
  }
  /// Started, and the tip of main has run.
  void start_at(const std::string& first, const std::string& run = "build#1",
                const Words& env = {}) {
    start(env);
    ASSERT_NE(outcome_of(run), "failed");
    ASSERT_EQ(run_of(run)["commit"], first);
    find_door();
  }
  /// Another port after each start.
  void find_door() {
    door_ = status()["http"];
    ASSERT_THAT(door_, ::testing::HasSubstr("127.0.0.1:"));
  }
  std::string door() const { return door_; }

  HttpAnswer ask(HttpCall call) {
    const Interrupt nobody;
    call.url = (call.url.starts_with("http") ? "" : door()) + call.url;
    call.allow_private = true;
    const auto answer = make_http_client(MELISAI_BIN_DIR "/melisai-gate-https")->send(call, nobody);
    EXPECT_TRUE(answer) << call.url << ": " << answer.error().message;
    return answer ? *answer : HttpAnswer{};
  }
  std::string signature(const std::string& body) {
    const std::string path = root() + "/body";
    std::ofstream(path) << body;
    const Ran ran =
        run_program({"openssl", "dgst", "-sha256", "-hmac", kHookSecret, "-r", path}, "/");
    return "sha256=" + ran.out.substr(0, 64);
  }
  static nlohmann::json forge_repository() {
    return {{"full_name", "team/demo"},
            {"clone_url", "https://github.com/team/demo.git"},
            {"html_url", "https://github.com/team/demo"}};
  }
  HttpAnswer deliver_signed(const std::string& kind, const std::string& body, const std::string& id,
                            const std::string& signed_with) {
    return ask({.method = "POST",
                .url = "/hooks/github/demo",
                .headers = {{"Content-Type", "application/json"},
                            {"X-GitHub-Event", kind},
                            {"X-GitHub-Delivery", id},
                            {"X-Hub-Signature-256", signed_with}},
                .body = body});
  }
  std::string token(const std::string& scope) {
    const Ran made = gate({"token", "create", scope + "-of-the-test", "--scope", scope});
    EXPECT_EQ(made.code, 0) << made.err;
    const std::size_t begin = made.out.find("mgt_");
    return begin == std::string::npos
               ? ""
               : made.out.substr(begin, made.out.find_first_of(" \n", begin) - begin);
  }

 private:
  std::string door_;
};

}  // namespace melisai::e2e
