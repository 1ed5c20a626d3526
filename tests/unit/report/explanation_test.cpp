// All of the evidence of a run, for a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/report/report.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace explanation_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Explanation, HasEverythingThatIsKnown) {
  const std::string text = render_explanation(fixtures::regression_report());
  EXPECT_THAT(text, StartsWith("parse/BM_Small\n  lock wait: futex off-CPU 3 ms → 41 ms per run"));
  EXPECT_THAT(text, AllOf(HasSubstr("next: hold the lock for less time\n"),
                          HasSubstr("note: one run a side was profiled\n"), HasSubstr("futex_wait"),
                          HasSubstr("src/cache.cpp:88"), HasSubstr("99 %"),
                          HasSubstr("flame graph: flame/parse.svg\n")));
  EXPECT_THAT(text, HasSubstr("  stacks: 3 runs of each side in 4.250 s; profile: not here\n"));
}

TEST(Explanation, SaysWhyThereIsNone) {
  EXPECT_THAT(render_explanation(fixtures::pass_report()), HasSubstr("no benchmark regressed"));
  Report report = fixtures::regression_report();
  report.evidence.clear();
  EXPECT_THAT(render_explanation(report),
              AllOf(HasSubstr("gate.explain.mode"), HasSubstr("--collectors")));
}

TEST(Explanation, NeutralisesHostileText) {
  Report report = fixtures::pass_report();
  fixtures::add_remarks(report, "a\x1b[2J\nb", 2);
  const std::string text = render_explanation(report);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("2J\nb")));
}

}  // namespace explanation_test
}  // namespace melisai::report
