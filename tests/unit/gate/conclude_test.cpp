#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/gate/gate.h"
#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

BenchmarkResult gating_result(const std::string& name, Decision decision) {
  BenchmarkResult result;
  result.name = name;
  result.metric = test::cpu_time();
  result.decision = decision;
  result.gating = true;
  result.threshold = 0.05;
  result.pairs = 12;
  if (decision == Decision::regressed) {
    result.confirmed = true;
    result.effect = 0.051;
    result.effect_low = 0.03;
    result.effect_high = 0.07;
  }
  if (decision == Decision::failed) result.note = "head: exit code 3";
  if (decision == Decision::inconclusive) result.effect_high = 0.083;
  return result;
}

Report concluded(std::vector<BenchmarkResult> results, ReasonCode code = ReasonCode::internal) {
  Report report;
  report.benchmarks = std::move(results);
  report.reason_code = code;
  conclude(report);
  return report;
}

TEST(Conclude, AllClearPasses) {
  const Report report =
      concluded({gating_result("a", Decision::clear), gating_result("b", Decision::improved),
                 gating_result("c", Decision::added)});
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_EQ(report.reason_code, ReasonCode::clear);
  EXPECT_EQ(report.reason,
            "2 benchmark metrics are clear (1 improved): slowdowns of 5 % or more are ruled out");
}

TEST(Conclude, AConfirmedRegressionIsToldWithItsNumbers) {
  const Report report = concluded({gating_result("lib", Decision::clear),
                                   gating_result("parse/BM_Small", Decision::regressed)});
  EXPECT_EQ(report.verdict, Verdict::regression);
  EXPECT_EQ(report.reason_code, ReasonCode::regressed);
  EXPECT_EQ(report.reason,
            "parse/BM_Small: cpu_time is 5.1 % slower (3.0 % to 7.0 %, threshold 5 %), confirmed "
            "after 12 pairs");
}

TEST(Conclude, TheWorstRegressionIsNamedFirst) {
  BenchmarkResult worse = gating_result("worse", Decision::regressed);
  worse.effect = 0.5;
  BenchmarkResult from_zero = gating_result("zero", Decision::regressed);
  from_zero.effect.reset();
  from_zero.from_zero = true;
  const BenchmarkResult mild = gating_result("mild", Decision::regressed);
  EXPECT_THAT(concluded({mild, worse}).reason, HasSubstr("worse: cpu_time is 50.0 % slower"));
  const std::string reason = concluded({mild, worse, from_zero}).reason;
  EXPECT_THAT(reason, HasSubstr("zero: cpu_time was 0 on base and is not on head"));
  EXPECT_THAT(reason, HasSubstr(", and 2 more"));
}

TEST(Conclude, CountersAreHigherNotSlower) {
  BenchmarkResult memory = gating_result("app", Decision::regressed);
  memory.metric = test::peak_rss();
  EXPECT_THAT(concluded({memory}).reason, HasSubstr("peak_rss is 5.1 % higher"));
}

TEST(Conclude, ARegressionGoesBeforeAFailureAndMentionsIt) {
  const Report report =
      concluded({gating_result("a", Decision::failed), gating_result("b", Decision::regressed)});
  EXPECT_EQ(report.verdict, Verdict::regression);
  EXPECT_THAT(report.reason, HasSubstr("; a could not be measured (head: exit code 3)"));
}

TEST(Conclude, AFailureGoesBeforeWhatIsOpen) {
  const Report report =
      concluded({gating_result("a", Decision::inconclusive), gating_result("b", Decision::failed),
                 gating_result("b", Decision::failed), gating_result("c", Decision::failed)});
  EXPECT_EQ(report.verdict, Verdict::error);
  EXPECT_EQ(report.reason_code, ReasonCode::bench_failed);
  EXPECT_EQ(report.reason, "b could not be measured (head: exit code 3), and 1 more");
}

TEST(Conclude, WhatIsOpenIsNeverAPass) {
  const Report report =
      concluded({gating_result("a", Decision::clear), gating_result("b", Decision::inconclusive)});
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_EQ(report.reason_code, ReasonCode::budget);
  EXPECT_EQ(report.reason,
            "1 of 2 benchmark metrics is not decided: b: cpu_time may be up to 8.3 % slower after "
            "12 pairs");
  BenchmarkResult unknown = gating_result("c", Decision::inconclusive);
  unknown.effect_high.reset();
  EXPECT_THAT(concluded({gating_result("b", Decision::inconclusive), unknown}).reason,
              HasSubstr("are not decided: c: cpu_time may hide any slowdown after 12 pairs, and 1 "
                        "more"));
}

TEST(Conclude, TooFewPairsAreNotTheMachinesFault) {
  Report report = concluded({gating_result("b", Decision::inconclusive)});
  EXPECT_THAT(report.reason, Not(HasSubstr("cannot turn red"))) << "the maximum is not known";
  report.max_pairs = 8;
  conclude(report);
  EXPECT_THAT(report.reason, Not(HasSubstr("cannot turn red")));
  report.max_pairs = 7;
  conclude(report);
  EXPECT_THAT(report.reason,
              EndsWith("; max-pairs 7 cannot turn red: a regression takes at least 8"));
}

TEST(Conclude, AnUnconfirmedSuspectIsNotARegression) {
  BenchmarkResult suspect = gating_result("a", Decision::regressed);
  suspect.confirmed = false;
  EXPECT_EQ(concluded({suspect}).verdict, Verdict::inconclusive);
}

TEST(Conclude, WhatDoesNotGateDoesNotCount) {
  for (const Decision decision : {Decision::regressed, Decision::failed, Decision::inconclusive}) {
    BenchmarkResult shown = gating_result("a", decision);
    shown.gating = false;
    EXPECT_EQ(concluded({shown, gating_result("b", Decision::clear)}).verdict, Verdict::pass);
    EXPECT_EQ(concluded({shown}).reason_code, ReasonCode::nothing_compared);
  }
}

TEST(Conclude, NothingComparedIsInconclusive) {
  for (const auto& results : {std::vector<BenchmarkResult>{},
                              {gating_result("a", Decision::added)},
                              {gating_result("a", Decision::removed)}}) {
    const Report report = concluded(results);
    EXPECT_EQ(report.verdict, Verdict::inconclusive);
    EXPECT_EQ(report.reason_code, ReasonCode::nothing_compared);
  }
}

TEST(Conclude, AnInterruptionStandsUnlessARegressionWasConfirmed) {
  const Report clear = concluded({gating_result("a", Decision::clear)}, ReasonCode::interrupted);
  EXPECT_EQ(clear.verdict, Verdict::error);
  EXPECT_EQ(clear.reason_code, ReasonCode::interrupted);
  const Report slow = concluded({gating_result("a", Decision::regressed)}, ReasonCode::interrupted);
  EXPECT_EQ(slow.verdict, Verdict::regression);
  EXPECT_THAT(slow.reason, HasSubstr("interrupted"));
}

TEST(Conclude, AnInfrastructureReasonStands) {
  for (const ReasonCode code :
       {ReasonCode::build_failed, ReasonCode::tests_failed, ReasonCode::git, ReasonCode::baseline,
        ReasonCode::busy, ReasonCode::disk, ReasonCode::configuration}) {
    const Report report = concluded({gating_result("a", Decision::regressed)}, code);
    EXPECT_EQ(report.verdict, Verdict::error);
    EXPECT_EQ(report.reason_code, code);
  }
}

BenchmarkResult warn_result(const std::string& name, Decision decision) {
  BenchmarkResult result = gating_result(name, decision);
  result.gating = false;
  result.level = Level::warn;
  return result;
}

BenchmarkResult acknowledged_result(const std::string& name) {
  BenchmarkResult result = gating_result(name, Decision::regressed);
  result.acknowledged = Acknowledgement{.benchmark = "*", .metric = "*", .until = "2026-12-31"};
  return result;
}

TEST(Conclude, AWarningIsNamedAndChangesNothing) {
  const Report pass =
      concluded({warn_result("parse/x", Decision::regressed), gating_result("b", Decision::clear)});
  EXPECT_EQ(pass.verdict, Verdict::pass);
  EXPECT_EQ(pass.reason_code, ReasonCode::clear);
  EXPECT_EQ(pass.reason,
            "1 benchmark metric is clear: slowdowns of 5 % or more are ruled out; 1 warning: "
            "parse/x cpu_time +5.1 %");
  const Report slow = concluded(
      {warn_result("parse/x", Decision::regressed), gating_result("b", Decision::regressed)});
  EXPECT_EQ(slow.verdict, Verdict::regression);
  EXPECT_THAT(slow.reason, testing::StartsWith("b: cpu_time is 5.1 % slower"));
  EXPECT_THAT(slow.reason, testing::EndsWith("; 1 warning: parse/x cpu_time +5.1 %"));
}

TEST(Conclude, TheWorstOfTheWarningsIsNamed) {
  BenchmarkResult worst = warn_result("worst", Decision::regressed);
  worst.effect = 0.3;
  const Report report =
      concluded({warn_result("a", Decision::regressed), worst,
                 warn_result("c", Decision::regressed), gating_result("b", Decision::clear)});
  EXPECT_THAT(report.reason, HasSubstr("; 3 warnings: worst cpu_time +30.0 %, and 2 more"));
}

TEST(Conclude, AWarnMetricThatIsNotDecidedOrFailedDoesNotCount) {
  for (const Decision decision : {Decision::inconclusive, Decision::failed, Decision::clear}) {
    const Report report =
        concluded({warn_result("a", decision), gating_result("b", Decision::clear)});
    EXPECT_EQ(report.verdict, Verdict::pass) << to_string(decision);
    EXPECT_THAT(report.reason, HasSubstr("1 benchmark metric is clear"));
  }
  BenchmarkResult suspect = warn_result("a", Decision::regressed);
  suspect.confirmed = false;
  EXPECT_THAT(concluded({suspect, gating_result("b", Decision::clear)}).reason,
              testing::Not(HasSubstr("warning")));
}

TEST(Conclude, WarningsAloneAreAPassThatSaysSo) {
  const Report report = concluded({warn_result("a", Decision::regressed)});
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_THAT(report.reason, testing::StartsWith("only warnings were judged"));
  EXPECT_EQ(concluded({warn_result("a", Decision::added)}).reason_code,
            ReasonCode::nothing_compared);
}

TEST(Conclude, AnAcknowledgedSlowdownIsNamedAndChangesNothing) {
  const Report pass = concluded({acknowledged_result("a"), gating_result("b", Decision::clear)});
  EXPECT_EQ(pass.verdict, Verdict::pass);
  EXPECT_THAT(pass.reason, testing::EndsWith("; 1 acknowledged slowdown"));
  EXPECT_EQ(concluded({acknowledged_result("a")}).reason,
            "every regression is acknowledged; 1 acknowledged slowdown");
  const Report slow = concluded({acknowledged_result("a"), acknowledged_result("c"),
                                 gating_result("b", Decision::regressed)});
  EXPECT_EQ(slow.verdict, Verdict::regression);
  EXPECT_THAT(slow.reason, testing::StartsWith("b: "));
  EXPECT_THAT(slow.reason, testing::EndsWith("12 pairs; 2 acknowledged slowdowns"));
  EXPECT_EQ(
      concluded({acknowledged_result("a"), gating_result("b", Decision::inconclusive)}).verdict,
      Verdict::inconclusive);
}

TEST(Conclude, AnAcknowledgedWarningIsNoWarning) {
  BenchmarkResult result = acknowledged_result("a");
  result.gating = false;
  result.level = Level::warn;
  const Report report = concluded({result, gating_result("b", Decision::clear)});
  EXPECT_THAT(report.reason, testing::EndsWith("ruled out; 1 acknowledged slowdown"));
}

TEST(Conclude, NamesTheThresholdThatRulesSet) {
  BenchmarkResult loose = gating_result("a", Decision::clear);
  loose.threshold = 0.2;
  EXPECT_THAT(concluded({loose, gating_result("b", Decision::clear)}).reason,
              HasSubstr("slowdowns of 20 % or more are ruled out"));
}

TEST(Conclude, ClaimsNoMoreThanTheFloorOfASmallCountLets) {
  BenchmarkResult faults = gating_result("a", Decision::clear);
  faults.metric = test::minor_faults();
  faults.threshold = 0.16;
  BenchmarkResult bytes = gating_result("a", Decision::clear);
  bytes.metric = test::rchar();
  bytes.threshold = 0.005;
  const BenchmarkResult time = gating_result("b", Decision::clear);
  EXPECT_THAT(concluded({bytes, faults, time}).reason,
              EndsWith(": slowdowns of 5 % or more are ruled out, and of counts increases of 16 % "
                       "or more (a: minor_faults)"));
  EXPECT_THAT(concluded({bytes, time}).reason,
              EndsWith(": slowdowns of 5 % or more are ruled out"));
  EXPECT_THAT(concluded({bytes, faults}).reason,
              EndsWith(": increases of 16 % or more are ruled out"));
}

Report concluded_with(CollectorStatus status, bool required, Decision decision) {
  Report report;
  report.benchmarks = {gating_result("a", decision)};
  report.collectors = {
      CollectorResult{.name = "quiet"},
      CollectorResult{
          .name = "ebpf", .status = status, .reason = "needs CAP_BPF", .required = required}};
  conclude(report);
  conclude(report);  // the orchestrator may ask again
  return report;
}

TEST(Conclude, APassWithoutARequiredCollectorIsInconclusive) {
  const Report report = concluded_with(CollectorStatus::unavailable, true, Decision::clear);
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_EQ(report.reason_code, ReasonCode::collector);
  EXPECT_EQ(report.reason,
            "required collector ebpf yielded nothing: unavailable (needs CAP_BPF); 1 benchmark "
            "metric is clear: slowdowns of 5 % or more are ruled out");
  EXPECT_EQ(exit_code(report, FailOn::inconclusive), 3);
  EXPECT_EQ(concluded_with(CollectorStatus::crashed, false, Decision::clear).verdict,
            Verdict::pass);
}

TEST(RequiredCollectors, MustHaveSeenEveryBenchmarkOnBothSides) {
  Report report;
  report.benchmarks = {gating_result("a", Decision::clear)};
  report.collectors = {CollectorResult{.name = "ebpf", .required = true}};
  conclude(report);
  EXPECT_EQ(report.reason_code, ReasonCode::collector) << "no profile at all";
  report.profiles = {{.benchmark = "a", .note = "", .values = {{"ebpf", {.name = "m"}, 1.0, {}}}}};
  conclude(report);
  EXPECT_EQ(report.reason_code, ReasonCode::collector) << "nothing of head";
  report.profiles[0].values[0].head = 2.0;
  conclude(report);
  EXPECT_EQ(report.verdict, Verdict::pass);
  report.profiles.push_back({.benchmark = "b", .note = "", .values = {}});
  report.benchmarks.push_back(gating_result("b", Decision::clear));
  conclude(report);
  EXPECT_EQ(report.reason_code, ReasonCode::collector) << "nothing of b";
  report.benchmarks[1].decision = Decision::added;
  report.profiles[1].values = {{"ebpf", {.name = "m"}, {}, 1.0}};
  conclude(report);
  EXPECT_EQ(report.verdict, Verdict::pass) << "a new benchmark has one side";
}

TEST(Conclude, ARegressionWithoutARequiredCollectorStaysOne) {
  EXPECT_EQ(concluded_with(CollectorStatus::crashed, true, Decision::regressed).verdict,
            Verdict::regression);
  EXPECT_EQ(concluded_with(CollectorStatus::crashed, true, Decision::failed).reason_code,
            ReasonCode::bench_failed);
  EXPECT_EQ(concluded_with(CollectorStatus::crashed, true, Decision::inconclusive).reason_code,
            ReasonCode::budget);
}

}  // namespace
}  // namespace melisai::gate
