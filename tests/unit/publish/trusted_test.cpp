// The side with the token: what it believes, and whom.
#include "core/publish/trusted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "tests/fakes/fake_clock.h"
#include "tests/unit/model/report_fixtures.h"
#include "tests/unit/publish/fake_forge.h"

namespace melisai::publish {
namespace trusted_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeForge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kHead(40, '2');  // of the fixtures' reports

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

TEST_F(Trusted, PublishesWhatItWasTold) {
  EXPECT_EQ(*run(plain()), 0);
  EXPECT_THAT(forge_.comments, SizeIs(1));
  EXPECT_THAT(printed_, HasSubstr("comment on #7 made\n"));
  EXPECT_THAT(printed_, Not(HasSubstr("ghs_secret")));
  EXPECT_THAT(forge_.comments[0]["body"].get<std::string>(), Not(HasSubstr("its word")));
}

TEST_F(Trusted, SendsNoAddressThatIsNone) {
  env_["GITHUB_RUN_ID"] = "5";  // and no server
  EXPECT_EQ(*run(plain()), 0);
  EXPECT_FALSE(forge_.checks[0].contains("details_url"));
}

TEST_F(Trusted, FindsThePullRequestOfAForkByItsHead) {
  event(of_fork());
  forge_.pulls = {pull(6, std::string(40, '9'), {{"full_name", "mona/demo"}}),
                  pull(7, kHead, {{"full_name", "mona/demo"}}),
                  pull(8, kHead, {{"full_name", "eve/demo"}}),
                  pull(9, kHead, {{"full_name", "mona/demo"}}, "other")};
  EXPECT_EQ(*run(), 0);
  EXPECT_EQ(forge_.count("GET /repos/team/demo/pulls?state=open&head=mona%3Afeature"), 1u);
  EXPECT_THAT(forge_.comments, SizeIs(1));
  EXPECT_EQ(forge_.checks[0]["details_url"], "https://github.com/team/demo/actions/runs/5");
  EXPECT_EQ(forge_.count("GET /repos/team/demo/pulls/"), 1u);
  EXPECT_THAT(forge_.comments[0]["body"].get<std::string>(), HasSubstr("its numbers are its word"));
}

TEST_F(Trusted, SaysNothingWhenThePullRequestIsClosedOrMovedOn) {
  event(of_fork());
  EXPECT_EQ(*run(), 0);
  EXPECT_THAT(printed_, HasSubstr("no comment, because no open pull request is at"));
  EXPECT_THAT(forge_.comments, IsEmpty());
  EXPECT_THAT(forge_.checks, SizeIs(1));
}

TEST_F(Trusted, SendsNoNameOfAStrangerAsItIs) {
  event(of_fork("x&state=all#../../user"));
  EXPECT_EQ(*run(), 0);
  EXPECT_EQ(forge_.count("GET /repos/team/demo/pulls?state=open&head="
                         "mona%3Ax%26state%3Dall%23..%2F..%2Fuser&"),
            1u);
}

TEST_F(Trusted, TakesThePullRequestOfTheEvent) {
  event({{"repository", {{"full_name", "team/demo"}}},
         {"pull_request", {{"number", 7}, {"head", {{"sha", kHead}}}}}});
  EXPECT_EQ(*run(), 0);
  EXPECT_THAT(forge_.comments, SizeIs(1));
}

TEST_F(Trusted, TakesAMergeThatWasBuiltForItsPullRequest) {
  const std::string head(40, 'a');
  forge_.head = head;
  env_["GITHUB_SHA"] = kHead;
  event({{"repository", {{"full_name", "team/demo"}}},
         {"pull_request", {{"number", 7}, {"head", {{"sha", head}}}}}});
  EXPECT_EQ(*run(), 0);
  EXPECT_EQ(forge_.checks[0]["head_sha"], head);
}

TEST_F(Trusted, BelievesNoReportOfAnotherCommit) {
  Request request = plain();
  request.sha = std::string(40, 'b');
  const Result<int> code = run(request);
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().code, Errc::config);
  EXPECT_THAT(code.error().message, HasSubstr("is about the commit"));
  EXPECT_THAT(forge_.sent, IsEmpty());
}

TEST_F(Trusted, BelievesNoVerdictThatItsNumbersDeny) {
  Report report = fixtures::regression_report();
  report.verdict = Verdict::pass;
  write(to_json(report));
  EXPECT_EQ(run(plain()).error().code, Errc::parse);
  EXPECT_THAT(forge_.sent, IsEmpty());
}

TEST_F(Trusted, BelievesNoPassThatSomethingElseDenies) {
  const auto expect_denied = [&](const Report& report) {
    write(to_json(report));
    const Result<int> code = run(plain());
    ASSERT_FALSE(code);
    EXPECT_THAT(code.error().message, HasSubstr("denies that"));
  };
  Report report = fixtures::pass_report();
  report.reason_code = ReasonCode::budget;
  expect_denied(report);
  report = fixtures::pass_report();
  report.health.profile = "quick";
  report.health.level = Level::fail;
  report.health.decision = Decision::regressed;
  expect_denied(report);
  report = fixtures::pass_report();
  report.stages = fixtures::build_failed_report().stages;
  expect_denied(report);
  report = fixtures::pass_report();
  report.benchmarks.clear();
  expect_denied(report);
  report = fixtures::pass_report();
  for (BenchmarkResult& row : report.benchmarks) row.decision = Decision::added;
  expect_denied(report);
  report = fixtures::pass_report();
  for (BenchmarkResult& row : report.benchmarks)
    if (row.gating) row.effect_low = 2 * row.threshold;
  expect_denied(report);
  EXPECT_THAT(forge_.sent, IsEmpty());
}

TEST_F(Trusted, ReadsNothingButAFile) {
  const std::string file = dir() + "/report.json";
  const std::string real = dir() + "/real.json";
  std::filesystem::rename(file, real);
  EXPECT_EQ(run(plain()).error().code, Errc::not_found);
  std::filesystem::create_symlink(real, file);
  EXPECT_FALSE(run(plain()));
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_FALSE(run(plain()));
  std::filesystem::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_FALSE(run(plain()));
  std::filesystem::remove(file);
  std::ofstream(file) << "";
  std::filesystem::resize_file(file, (32 << 20) + 1);
  EXPECT_EQ(run(plain()).error().code, Errc::limit);
  EXPECT_THAT(forge_.sent, IsEmpty());
}

TEST_F(Trusted, RefusesWhatIsNoReport) {
  for (const char* text :
       {"", "{}", "[]", "null", "{\"schema_version\": 99}", "\xff\xfe", "[[[[[["}) {
    write(text);
    const Result<int> code = run(plain());
    ASSERT_FALSE(code) << text;
    EXPECT_EQ(code.error().code, Errc::parse) << text;
  }
  write(std::string(100'000, '['));
  EXPECT_FALSE(run(plain()));
  EXPECT_THAT(forge_.sent, IsEmpty());
}

TEST_F(Trusted, RendersItselfWhateverLiesBesideTheReport) {
  std::ofstream(dir() + "/report.md") << "# PASS";
  std::ofstream(dir() + "/pr-number") << "13";
  EXPECT_EQ(*run(plain()), 0);
  EXPECT_THAT(forge_.comments[0]["body"].get<std::string>(), HasSubstr("### REGRESSION"));
}

TEST_F(Trusted, AsksNobodyInADryRun) {
  env_.clear();
  Request request = plain();
  request.dry_run = true;
  EXPECT_EQ(*run(request), 0);
  EXPECT_THAT(forge_.sent, IsEmpty());
  EXPECT_THAT(printed_, HasSubstr("would publish at api.github.com: commit " + kHead +
                                  " of team/demo, #7\ncheck run: failure, REGRESSION"));
  EXPECT_THAT(printed_, HasSubstr("<!-- melisai-gate:default -->"));
}

TEST_F(Trusted, NeedsATokenOfOneWord) {
  env_.clear();
  EXPECT_THAT(run(plain()).error().message, HasSubstr("MELISAI_GATE_TOKEN, GITHUB_TOKEN"));
  env_["GITHUB_TOKEN"] = "two words";
  EXPECT_THAT(run(plain()).error().message, Not(HasSubstr("two words")));
  std::ofstream(dir() + "/token") << "from-file\n";
  Request request = plain();
  request.token_file = dir() + "/token";
  EXPECT_EQ(*run(request), 0);
  EXPECT_EQ(forge_.sent.back().bearer, "from-file");
}

TEST_F(Trusted, NeedsTheKeyOfItsApp) {
  Request request = plain();
  request.app_id = "7";
  request.app_key_file = dir() + "/key.pem";
  EXPECT_EQ(run(request).error().code, Errc::not_found);
  std::ofstream(request.app_key_file) << "no key";
  EXPECT_EQ(run(request).error().code, Errc::config);
  EXPECT_THAT(forge_.sent, IsEmpty());
}

TEST_F(Trusted, EndsWithWhatSomebodyCanDo) {
  forge_.faults = {{"POST /repos/team/demo/check-runs", HttpAnswer{.status = 401}}};
  EXPECT_EQ(*run(plain()), 2);
  EXPECT_THAT(complaints_, SizeIs(1));
  forge_.faults = {{"POST /repos/team/demo/check-runs",
                    HttpAnswer{.status = 429, .headers = {{"retry-after", "3600"}}}}};
  EXPECT_EQ(*run(plain()), 4);
}

std::string content(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(Trusted, LeavesOutputsAndASummaryToAStepWithoutAToken) {
  env_ = {{"GITHUB_OUTPUT", dir() + "/output"}, {"GITHUB_STEP_SUMMARY", dir() + "/summary"}};
  std::ofstream(dir() + "/output") << "mine=1\n";
  EXPECT_EQ(*run(plain()), 0);
  EXPECT_THAT(forge_.sent, IsEmpty());
  EXPECT_THAT(printed_, HasSubstr("::error title="));
  EXPECT_THAT(printed_, HasSubstr("no token, so neither comment nor check run\n"));
  const std::string outputs = content(dir() + "/output");
  EXPECT_THAT(outputs, HasSubstr("mine=1\nverdict<<melisai"));
  EXPECT_THAT(outputs, HasSubstr("\n" + dir() + "/report.json\n"));
  EXPECT_THAT(content(dir() + "/summary"), HasSubstr("### REGRESSION: 2 of 4"));
  EXPECT_EQ(*run(plain()), 0);
  EXPECT_EQ(outputs.find(content(dir() + "/output").substr(outputs.size(), 30)), std::string::npos)
      << "another delimiter each time";
}

TEST_F(Trusted, LeavesOutputsOfAReportOfAnotherCommit) {
  env_["GITHUB_OUTPUT"] = dir() + "/output";
  Request request = plain();
  request.sha = std::string(40, 'b');
  EXPECT_FALSE(run(request));
  EXPECT_THAT(content(dir() + "/output"), HasSubstr("regression"));
}

TEST_F(Trusted, PrintsNoCommandsForLinesOfAnotherRun) {
  env_["GITHUB_STEP_SUMMARY"] = dir() + "/summary";
  event(of_fork());
  EXPECT_EQ(*run(), 0);
  EXPECT_THAT(printed_, Not(HasSubstr("::error")));
  EXPECT_THAT(content(dir() + "/summary"), HasSubstr("### REGRESSION"));
}

TEST_F(Trusted, KnowsAnotherRunsWordAlsoWhereSomebodyNamesThePullRequest) {
  env_["GITHUB_STEP_SUMMARY"] = dir() + "/summary";
  event(of_fork());
  EXPECT_EQ(*run({.pull_request = 7}), 0);
  EXPECT_THAT(printed_, Not(HasSubstr("::error")));
  EXPECT_THAT(forge_.comments[0]["body"].get<std::string>(), HasSubstr("its word"));
}

TEST_F(Trusted, LetsNoReportCommandTheRunner) {
  env_["GITHUB_OUTPUT"] = dir() + "/output";
  Report report = fixtures::build_failed_report();
  for (StageResult& stage : report.stages) stage.log_tail = "::add-mask::e\n##[add-mask]e\n";
  write(to_json(report));
  Request request = plain();
  request.dry_run = true;
  EXPECT_EQ(*run(request), 0);
  EXPECT_THAT(printed_, HasSubstr("\n: :add-mask::e\n# #[add-mask]e\n"));
  report.head.sha = "##[add-mask]e";
  write(to_json(report));
  EXPECT_THAT(run(plain()).error().message, HasSubstr("'# #[add-mask]e'"));
}

TEST_F(Trusted, WritesNoLongerSummaryThanTheRunnerTakes) {
  env_["GITHUB_STEP_SUMMARY"] = dir() + "/summary";
  std::ofstream(dir() + "/summary") << std::string(1'024 * 1'024 - 10, 'x');
  EXPECT_EQ(*run(plain()), 4);
  EXPECT_THAT(complaints_, Contains(HasSubstr("longer than the runner takes")));
  EXPECT_THAT(forge_.comments, SizeIs(1));
}

TEST_F(Trusted, TellsOfACheckThatKnowsNoCommit) {
  Report report = fixtures::build_failed_report();
  report.head = report.base = {};
  write(to_json(report));
  EXPECT_EQ(*run(plain()), 0);
  EXPECT_THAT(forge_.comments[0]["body"].get<std::string>(), HasSubstr("### ERROR"));
}

TEST_F(Trusted, BelievesNoVerdictOfAnotherRunThatNamesNoCommit) {
  event(of_fork());
  Report report = fixtures::pass_report();
  report.head.sha.clear();
  write(to_json(report));
  const Result<int> code = run();
  ASSERT_FALSE(code);
  EXPECT_THAT(code.error().message, HasSubstr("names no commit"));
  EXPECT_THAT(forge_.sent, IsEmpty());
  report = fixtures::build_failed_report();
  report.head.sha.clear();
  write(to_json(report));
  EXPECT_EQ(*run(), 0);
}

TEST_F(Trusted, SaysWhatNobodySaid) {
  EXPECT_THAT(run().error().message, HasSubstr("--repository"));
  EXPECT_THAT(run({.repository = "team/demo"}).error().message, HasSubstr("--sha"));
}

TEST_F(Trusted, KnowsGitLab) {
  env_ = {{"GITLAB_CI", "true"},
          {"GITLAB_TOKEN", "glpat"},
          {"CI_API_V4_URL", "https://gl.example/api/v4"},
          {"CI_PROJECT_PATH", "group/sub/demo"},
          {"CI_MERGE_REQUEST_IID", "7"},
          {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", kHead},
          {"CI_COMMIT_SHA", std::string(40, 'c')}};
  const Result<Where> at = where({}, env());
  ASSERT_TRUE(at);
  EXPECT_EQ(at->kind, forge::Kind::gitlab);
  EXPECT_EQ(at->repository, "group/sub/demo");
  EXPECT_EQ(at->place.sha, kHead);
  EXPECT_THAT(at->place.pull_requests, ElementsAre(7));
  EXPECT_EQ(at->api, "https://gl.example/api/v4");
}

}  // namespace trusted_test
}  // namespace melisai::publish
