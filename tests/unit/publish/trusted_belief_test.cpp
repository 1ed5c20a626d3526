// What is believed of a report that a stranger may have written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/publish/trusted_fixture.h"

namespace melisai::publish {
namespace trusted_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

TEST_F(Trusted, KnowsStrangersWordWhateverStartedTheirRun) {
  for (const auto& [name, is_of_strangers] : std::map<std::string, bool>{
           {"pull_request_review", true}, {"new_event", true}, {"push", false}}) {
    json run = of_fork();
    run["workflow_run"]["event"] = name;
    event(run);
    const Result<Where> at = where({}, env());
    ASSERT_TRUE(at) << name;
    EXPECT_EQ(at->is_of_another_run, is_of_strangers) << name;
    EXPECT_EQ(at->place.head.branch, name == "pull_request_review" ? "feature" : "") << name;
  }
}

TEST_F(Trusted, KnowsAnotherRunsWordAlsoWhereSomebodyNamesThePullRequest) {
  env_["GITHUB_STEP_SUMMARY"] = dir() + "/summary";
  event(of_fork());
  EXPECT_EQ(*run({.pull_request = 7}), 0);
  EXPECT_THAT(printed_, Not(HasSubstr("::error")));
  EXPECT_THAT(forge_.comments[0]["body"].get<std::string>(), HasSubstr("its word"));
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

}  // namespace trusted_test
}  // namespace melisai::publish
