// What the health of the host means for the verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/gate/gate.h"
#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate::health_conclude_test {
namespace {

using testing::HasSubstr;
using testing::Not;

HealthResult health(Decision decision, Level level) {
  return {.profile = "quick",
          .base = 92,
          .head = 70.5,
          .change = -21.5,
          .decision = decision,
          .level = level,
          .runs = 4,
          .note = decision == Decision::inconclusive ? "only 2 runs of each side" : ""};
}

Report concluded(const HealthResult& health, Decision benchmark = Decision::clear,
                 ReasonCode code = ReasonCode::internal) {
  BenchmarkResult result;
  result.name = "a";
  result.metric = test::cpu_time();
  result.decision = benchmark;
  result.gating = true;
  result.threshold = 0.05;
  result.confirmed = benchmark == Decision::regressed;
  result.effect = 0.1;
  Report report;
  report.benchmarks = {result};
  report.health = health;
  report.reason_code = code;
  conclude(report);
  return report;
}

TEST(ConcludeHealth, ADropOfLevelFailIsARegression) {
  const Report report = concluded(health(Decision::regressed, Level::fail));
  EXPECT_EQ(report.verdict, Verdict::regression);
  EXPECT_EQ(report.reason_code, ReasonCode::regressed);
  EXPECT_EQ(report.reason,
            "the host's health score fell by 21.5 points, from 92 to 70.5 (5 are too many)");
}

TEST(ConcludeHealth, ADropOfLevelWarnIsNamedAndPasses) {
  const Report report = concluded(health(Decision::regressed, Level::warn));
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_THAT(report.reason, HasSubstr("; warning: the host's health score fell by 21.5 points"));
}

TEST(ConcludeHealth, ADropOfLevelOffIsNotNamed) {
  const Report report = concluded(health(Decision::regressed, Level::off));
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_THAT(report.reason, Not(HasSubstr("health")));
}

TEST(ConcludeHealth, UndecidedIsInconclusiveOnlyWhereItCounts) {
  const Report fail = concluded(health(Decision::inconclusive, Level::fail));
  EXPECT_EQ(fail.verdict, Verdict::inconclusive);
  EXPECT_EQ(fail.reason_code, ReasonCode::budget);
  EXPECT_THAT(fail.reason, HasSubstr("the host's health is not decided: only 2 runs of each side"));
  for (const Level level : {Level::warn, Level::off})
    EXPECT_EQ(concluded(health(Decision::inconclusive, level)).verdict, Verdict::pass);
}

TEST(ConcludeHealth, NobodyLookedIsNoPartOfTheVerdict) {
  HealthResult nobody{.profile = std::string(kNoProfile), .level = Level::fail};
  EXPECT_EQ(concluded(nobody).verdict, Verdict::pass);
}

TEST(ConcludeHealth, ABenchmarkThatRegressedIsTheReason) {
  const Report report = concluded(health(Decision::regressed, Level::fail), Decision::regressed);
  EXPECT_THAT(report.reason, testing::StartsWith("a: cpu_time"));
}

TEST(ConcludeHealth, ADropOutweighsABenchmarkThatFailed) {
  const Report report = concluded(health(Decision::regressed, Level::fail), Decision::failed);
  EXPECT_EQ(report.verdict, Verdict::regression);
  EXPECT_THAT(report.reason, HasSubstr("points"));
}

TEST(ConcludeHealth, WhatEndedTheCheckStands) {
  const Report report = concluded(health(Decision::regressed, Level::fail), Decision::clear,
                                  ReasonCode::build_failed);
  EXPECT_EQ(report.reason_code, ReasonCode::build_failed);
}

}  // namespace
}  // namespace melisai::gate::health_conclude_test
