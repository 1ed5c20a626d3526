// Why benchmarks regressed: three lines each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/report/evidence_text.h"
#include "core/report/report.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace evidence_test {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Evidence, HasThreeLines) {
  const std::vector<EvidenceText> texts = evidence_texts(fixtures::regression_report());
  ASSERT_EQ(texts.size(), 1u);
  EXPECT_EQ(texts[0].cause,
            "lock wait: futex off-CPU 3 ms → 41 ms per run, from Cache::get (cache.cpp:88) (96 % "
            "sure)");
  EXPECT_EQ(texts[0].functions,
            "Functions: Cache::get (src/cache.cpp:88) 3.000 ms → 41.00 ms; main 0 ns → 2.000 ms");
  EXPECT_EQ(texts[0].advice,
            "Next: hold the lock for less time; one run a side was profiled; see flame/parse.svg; "
            "found in 5.75 s (counts 1.5 s, stacks 4.25 s)");
}

TEST(Evidence, IsNeverWhollySure) {
  Report report = fixtures::regression_report();
  report.evidence[0].confidence = 1;
  EXPECT_THAT(evidence_texts(report)[0].cause, HasSubstr("(99 % sure)"));
  report.evidence[0].cause = Cause::not_known;
  EXPECT_THAT(evidence_texts(report)[0].cause, Not(HasSubstr("sure")));
}

TEST(Evidence, ShowsTheWorstThreeAndCountsTheRest) {
  Report report = fixtures::regression_report();
  EXPECT_EQ(evidence_left_out(report), "");
  for (int i = 1; i < 5; ++i) {
    report.evidence.push_back(report.evidence[0]);
    report.evidence.back().benchmark = "other" + std::to_string(i);
  }
  const std::string markdown = render_markdown(report);
  EXPECT_THAT(markdown, HasSubstr("- `other2`: lock wait"));
  EXPECT_THAT(markdown, Not(HasSubstr("other3")));
  EXPECT_THAT(markdown, HasSubstr("2 more regressions are explained in report.json"));
}

TEST(Evidence, IsShownOnTheTerminalToo) {
  Report report = fixtures::regression_report();
  const std::string text = render_terminal(report, {.color = false, .width = 400});
  EXPECT_THAT(text, HasSubstr("\nwhy parse/BM_Small: lock wait: futex off-CPU 3 ms → 41 ms"));
  EXPECT_THAT(text, HasSubstr("\nFunctions: Cache::get (src/cache.cpp:88)"));
  EXPECT_THAT(text, HasSubstr("\nNext: hold the lock for less time"));
  EXPECT_THAT(render_terminal(fixtures::pass_report(), {}), Not(HasSubstr("why ")));
}

TEST(Evidence, SaysWhatLookingInVainCost) {
  Report report = fixtures::regression_report();
  report.evidence[0].cause = Cause::not_known;
  report.evidence[0].passes = {{"counts", 0, 0.25, "no time"}};
  EXPECT_THAT(evidence_texts(report)[0].advice, HasSubstr("looked for 250 ms (counts 250 ms)"));
}

TEST(Evidence, IsNotMentionedWhereThereIsNone) {
  EXPECT_THAT(render_markdown(fixtures::pass_report()), Not(HasSubstr("**Why**")));
}

}  // namespace evidence_test
}  // namespace melisai::report
