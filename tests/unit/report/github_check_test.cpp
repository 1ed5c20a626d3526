// Check runs, commit statuses, workflow commands and outputs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "core/report/github/github.h"
#include "tests/injections.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace github_check_test {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

Report of(Verdict verdict, ReasonCode code) {
  Report report = fixtures::pass_report();
  report.verdict = verdict;
  report.reason_code = code;
  return report;
}

TEST(GithubCheck, ConcludesAsTheExitCodeDoes) {
  struct Row {
    Verdict verdict;
    ReasonCode code;
    FailOn fail_on;
    Conclusion expected;
  };
  const std::vector<Row> rows = {
      {Verdict::pass, ReasonCode::clear, FailOn::regression, Conclusion::success},
      {Verdict::regression, ReasonCode::regressed, FailOn::regression, Conclusion::failure},
      {Verdict::regression, ReasonCode::regressed, FailOn::never, Conclusion::neutral},
      {Verdict::inconclusive, ReasonCode::budget, FailOn::regression, Conclusion::neutral},
      {Verdict::inconclusive, ReasonCode::budget, FailOn::inconclusive, Conclusion::failure},
      {Verdict::error, ReasonCode::build_failed, FailOn::never, Conclusion::failure},
      {Verdict::error, ReasonCode::configuration, FailOn::regression, Conclusion::failure},
      {Verdict::error, ReasonCode::interrupted, FailOn::regression, Conclusion::cancelled}};
  for (const Row& row : rows) {
    const Report report = of(row.verdict, row.code);
    EXPECT_EQ(conclusion_of(report, row.fail_on), row.expected) << to_string(row.code);
    const bool is_red = row.expected != Conclusion::success && row.expected != Conclusion::neutral;
    EXPECT_EQ(is_red, exit_code(report, row.fail_on) != 0);
  }
}

TEST(GithubCheck, SaysWhatTheCommentSays) {
  for (const auto& [name, report] : fixtures::all_reports()) {
    const CheckOutput check = check_of(report, {}, FailOn::regression);
    EXPECT_THAT(comment_of(report, {}), HasSubstr(check.title)) << name;
    EXPECT_THAT(check.summary, StartsWith("### " + check.title)) << name;
  }
}

TEST(GithubCheck, PointsAtTheGuiltyLine) {
  const std::vector<Annotation> found = annotations_of(fixtures::regression_report());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].path, "src/cache.cpp");
  EXPECT_EQ(found[0].line, 88);
  EXPECT_EQ(found[0].level, Annotation::Level::failure);
  EXPECT_EQ(found[0].title, "parse/BM_Small: Cache::get");
  EXPECT_THAT(found[0].message, HasSubstr("+5.1 % (+3.0 to +7.0 %)"));
  EXPECT_THAT(found[0].message, HasSubstr("lock wait"));
}

TEST(GithubCheck, PointsAtNothingOutsideOfTheRepository) {
  for (const char* path :
       {"/etc/passwd", "../x.cpp", "a/../../x", "a//b", "./a", "a\\b", "a\nb", "a\x1b[31m", ""}) {
    Report report = fixtures::regression_report();
    report.evidence[0].functions[0].file = path;
    EXPECT_THAT(annotations_of(report), SizeIs(0)) << path;
  }
  Report report = fixtures::regression_report();
  report.evidence[0].functions[0].line = 0;
  EXPECT_THAT(annotations_of(report), SizeIs(0));
}

TEST(GithubCheck, BoundsItsAnnotations) {
  Report report = fixtures::regression_report();
  report.evidence.assign(1'000, fixtures::lock_evidence());
  EXPECT_THAT(annotations_of(report), SizeIs(kAnnotationsMax));
}

TEST(GithubCheck, HasAStatusOf140Characters) {
  EXPECT_EQ(status_text_of(fixtures::regression_report()),
            "REGRESSION: 2 of 4 gating metrics are worse: parse/BM_Large minor_faults +50.0 % "
            "(+49.0 to +51.0 %)");
  EXPECT_EQ(status_state_of(fixtures::regression_report(), FailOn::regression), "failure");
  // A status has no neutral: the word says that it is no pass.
  EXPECT_EQ(status_state_of(fixtures::inconclusive_report(), FailOn::regression), "success");
  EXPECT_THAT(status_text_of(fixtures::inconclusive_report()), StartsWith("INCONCLUSIVE: "));
  EXPECT_EQ(status_state_of(fixtures::build_failed_report(), FailOn::regression), "error");
  Report report = fixtures::regression_report();
  for (BenchmarkResult& row : report.benchmarks) row.name = std::string(500, 'x') + "\n\x1b[31m";
  const std::string text = status_text_of(report);
  EXPECT_LE(text.size(), kStatusCharactersMax + 2);  // "…" is three bytes
  EXPECT_EQ(text.find_first_of("\n\x1b"), std::string::npos);
}

TEST(GithubCheck, CutsTheNameInItsStatusAndNotTheInterval) {
  Report report = fixtures::regression_report();
  const std::string ending = status_text_of(report).substr(status_text_of(report).rfind(" ("));
  for (BenchmarkResult& row : report.benchmarks) row.name = std::string(90, 'n') + "\xC3\xA4";
  const std::string text = status_text_of(report);
  EXPECT_THAT(text, EndsWith(ending));
  EXPECT_THAT(text, HasSubstr("n… "));
}

TEST(GithubCheck, WritesCommandsWithTheWorstFirst) {
  const std::string text = workflow_commands_of(fixtures::regression_report());
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  EXPECT_THAT(line, StartsWith("::error title=REGRESSION%3A 2 of 4 gating metrics are worse::"
                               "regressed: parse/BM_Large minor_faults: 1000 → 1500, +50.0 %25"));
  std::getline(lines, line);
  EXPECT_THAT(line, StartsWith("::error file=src/cache.cpp,line=88,title="));
  std::getline(lines, line);
  EXPECT_THAT(line, StartsWith("::warning title="));
  EXPECT_EQ(workflow_commands_of(fixtures::pass_report()), "");
  EXPECT_THAT(workflow_commands_of(fixtures::build_failed_report()),
              StartsWith("::error title=ERROR%3A the build failed::"));
}

TEST(GithubCheck, CommandsAlsoWhereNoBenchmarkGaveTheVerdict) {
  Report report = fixtures::remarks_report();  // a warning, and no regression that counts
  report.verdict = Verdict::regression;
  report.reason = "the health of the host fell";
  ASSERT_THAT(workflow_commands_of(report), HasSubstr("::warning "));
  EXPECT_THAT(workflow_commands_of(report), StartsWith("::error title=REGRESSION"));
  EXPECT_THAT(workflow_commands_of(report), HasSubstr("the health of the host fell\n"));
}

TEST(GithubCheck, TakesTheCommandsOutOfWhatAStepPrints) {
  EXPECT_EQ(without_runner_commands("a\n::error::b\n \t::add-mask::c\nd ::e"),
            "a\n: :error::b\n \t: :add-mask::c\nd ::e");
  EXPECT_EQ(without_runner_commands("at ##[set-output name=verdict]pass"),
            "at # #[set-output name=verdict]pass");
  EXPECT_EQ(without_runner_commands("###[a]\r::b"), "## #[a]\r: :b");
}

TEST(GithubCheck, WritesNoMoreCommandsThanAreShown) {
  Report report = fixtures::regression_report();
  report.benchmarks.resize(1);
  report.benchmarks.resize(50, report.benchmarks[0]);
  const std::string text = workflow_commands_of(report);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), static_cast<long>(kCommandsMax));
}

TEST(GithubCheck, LetsNoTextOfStrangersCommand) {
  for (const std::string& hostile : injections("markdown.txt")) {
    Report report = fixtures::regression_report();
    report.benchmarks.resize(1);
    report.benchmarks[0].name = report.benchmarks[0].metric.name = hostile;
    report.evidence[0].benchmark = report.evidence[0].sentence = hostile;
    const std::string text = workflow_commands_of(report);
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << shown(hostile);
    const std::string properties = text.substr(2, text.find("::", 2) - 2);
    EXPECT_EQ(properties.find(':'), std::string::npos) << shown(hostile);
  }
}

TEST(GithubCheck, EndsOutputsByWhatNobodyCanGuess) {
  EXPECT_EQ(outputs_of(fixtures::regression_report(), "out/report.json", "d3l"),
            "verdict<<d3l\nregression\nd3l\nreport<<d3l\nout/report.json\nd3l\n"
            "regressions<<d3l\n2\nd3l\n");
}

}  // namespace github_check_test
}  // namespace melisai::report
