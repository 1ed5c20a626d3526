// The side with the token: what it does, and for whom.
#include "core/publish/trusted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/publish/trusted_fixture.h"

namespace melisai::publish {
namespace trusted_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

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
