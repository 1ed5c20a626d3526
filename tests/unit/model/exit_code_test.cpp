#include <gtest/gtest.h>

#include "core/model/report.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai {
namespace {

struct ExitCodeRow {
  Verdict verdict;
  ReasonCode reason;
  int by_default;
  int inconclusive;  ///< with --fail-on inconclusive
  int never;         ///< with --fail-on never
};

TEST(ExitCode, FollowsThePrecedence) {
  const ExitCodeRow rows[] = {
      {Verdict::pass, ReasonCode::clear, 0, 0, 0},
      {Verdict::regression, ReasonCode::regressed, 1, 1, 0},
      {Verdict::inconclusive, ReasonCode::budget, 0, 3, 0},
      {Verdict::inconclusive, ReasonCode::nothing_compared, 0, 3, 0},
      {Verdict::inconclusive, ReasonCode::collector, 0, 3, 0},
      {Verdict::error, ReasonCode::configuration, 2, 2, 2},
      {Verdict::error, ReasonCode::build_failed, 4, 4, 4},
      {Verdict::error, ReasonCode::tests_failed, 4, 4, 4},
      {Verdict::error, ReasonCode::git, 4, 4, 4},
      {Verdict::error, ReasonCode::baseline, 4, 4, 4},
      {Verdict::error, ReasonCode::busy, 4, 4, 4},
      {Verdict::error, ReasonCode::disk, 4, 4, 4},
      {Verdict::error, ReasonCode::bench_failed, 4, 4, 4},
      {Verdict::error, ReasonCode::interrupted, 4, 4, 4},
      {Verdict::error, ReasonCode::internal, 4, 4, 4},
      // The reason outranks the verdict where it says that the comparison itself is void.
      {Verdict::regression, ReasonCode::tests_failed, 4, 4, 4},
      {Verdict::regression, ReasonCode::configuration, 2, 2, 2},
      {Verdict::inconclusive, ReasonCode::disk, 4, 4, 4},
  };
  for (const ExitCodeRow& row : rows) {
    Report report;
    report.verdict = row.verdict;
    report.reason_code = row.reason;
    SCOPED_TRACE(std::string(to_string(row.verdict)) + " " + std::string(to_string(row.reason)));
    EXPECT_EQ(exit_code(report, FailOn::regression), row.by_default);
    EXPECT_EQ(exit_code(report, FailOn::inconclusive), row.inconclusive);
    EXPECT_EQ(exit_code(report, FailOn::never), row.never);
  }
}

TEST(ExitCode, StaysOneForARegressionBesideAFailedBenchmark) {
  Report report = fixtures::mixed_report();
  report.verdict = Verdict::regression;
  report.reason_code = ReasonCode::regressed;
  EXPECT_EQ(exit_code(report, FailOn::regression), 1);
  EXPECT_EQ(exit_code(report, FailOn::never), 4) << "what could not be measured is no verdict";
}

TEST(ExitCode, IgnoresAFailureThatDoesNotCount) {
  Report report = fixtures::regression_report();
  report.benchmarks[2].decision = Decision::failed;
  ASSERT_FALSE(report.benchmarks[2].gating);
  EXPECT_EQ(exit_code(report, FailOn::never), 0);
}

TEST(ExitCode, OfAWarningOrAnAcknowledgedSlowdownIsZero) {
  EXPECT_EQ(exit_code(fixtures::remarks_report(), FailOn::inconclusive), 0);
}

TEST(ExitCode, OfANewReportIsNeverAPass) { EXPECT_EQ(exit_code(Report{}, FailOn::never), 4); }

}  // namespace
}  // namespace melisai
