#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "core/report/report.h"
#include "core/report/text.h"
#include "tests/golden/golden.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> terminal_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string last_terminal_line(const Report& report) {
  return terminal_lines(render_terminal(report, {})).back();
}

TEST(Terminal, MatchesTheGoldens) {
  for (const auto& [name, report] : fixtures::all_reports()) {
    golden::expect_golden("report/" + name + ".txt",
                          render_terminal(report, {.color = false, .width = 110}));
  }
}

TEST(Terminal, EndsWithTheVerdict) {
  EXPECT_THAT(last_terminal_line(fixtures::regression_report()), StartsWith("REGRESSION: "));
  EXPECT_THAT(last_terminal_line(fixtures::pass_report()), StartsWith("PASS: "));
  EXPECT_THAT(last_terminal_line(fixtures::inconclusive_report()),
              StartsWith("INCONCLUSIVE: cannot tell"));
  EXPECT_EQ(last_terminal_line(fixtures::build_failed_report()), "ERROR: the build failed");
}

TEST(Terminal, SaysThatInconclusiveIsNotAPass) {
  EXPECT_THAT(render_terminal(fixtures::inconclusive_report(), {}),
              HasSubstr("This is not a pass. A slowdown of up to +8.3 %"));
}

TEST(Terminal, UsesColoursOnlyWhenAsked) {
  for (const auto& [name, report] : fixtures::all_reports()) {
    EXPECT_THAT(render_terminal(report, {.color = false}), Not(HasSubstr("\x1b"))) << name;
    const std::string coloured = render_terminal(report, {.color = true});
    EXPECT_THAT(coloured, HasSubstr("\x1b[")) << name;
    EXPECT_EQ(plain_lines(coloured), render_terminal(report, {.color = false})) << name;
    EXPECT_TRUE(coloured.ends_with("\x1b[0m\n")) << name;
  }
  EXPECT_THAT(render_terminal(fixtures::regression_report(), {.color = true}),
              HasSubstr("\x1b[1;97;41mREGRESSION"));
  EXPECT_THAT(render_terminal(fixtures::pass_report(), {.color = true}),
              HasSubstr("\x1b[1;97;42mPASS"));
}

TEST(Terminal, RespectsTheWidth) {
  Report report = fixtures::mixed_report();
  report.benchmarks[0].name =
      "日本語/BM_SomethingWithAVeryLongNameThatGoesOnAndOn/" + std::string(300, 'x') + "/1024";
  report.benchmarks[0].decision = Decision::inconclusive;
  report.benchmarks[0].note =
      std::string(200, 'n') + " and more words that are wrapped somewhere in the middle";
  report.warnings = {std::string(500, 'w'),
                     "short words only, but many of them, so that the line has to be broken twice"};
  report.stages.push_back(fixtures::build_failed_report().stages[1]);
  report.stages.back().log_tail = std::string(1'000, 'l') + "\n" + std::string(300, 'm');
  fixtures::add_remarks(report, std::string(300, 'r') + " and some words in a row", 12);
  for (const int width : {-5, 40, 57, 80, 120, 200}) {
    for (const std::string& line :
         terminal_lines(render_terminal(report, {.color = false, .width = width}))) {
      EXPECT_LE(display_width(line), std::max(width, 40)) << line;
    }
  }
}

TEST(Terminal, KeepsTheColumnsOfOtherScriptsAligned) {
  Report report = fixtures::pass_report();
  report.benchmarks[0].name = "日本語";
  const std::vector<std::string> lines =
      terminal_lines(render_terminal(report, {.color = false, .width = 110}));
  const auto metric_column = [&lines](const std::string& word) {
    for (const std::string& line : lines) {
      if (const std::size_t at = line.find(word); at != std::string::npos)
        return display_width(line.substr(0, at));
    }
    return -1;
  };
  EXPECT_GT(metric_column("cpu_time"), 0);
  EXPECT_EQ(metric_column("cpu_time"), metric_column("peak_rss"));
}

TEST(Terminal, ShowsTwentyRowsAndCountsTheOthers) {
  Report report = fixtures::regression_report();
  for (int i = 0; i < 50; ++i) {
    report.benchmarks.push_back(fixtures::judged("case/" + std::to_string(i), fixtures::cpu_time(),
                                                 {Decision::clear, 0.001, -0.01, 0.01, 10, 10}));
  }
  const std::string text = render_terminal(report, {});
  EXPECT_THAT(text, HasSubstr("... and 34 clear more\n"));
  EXPECT_LT(text.find("regressed"), text.find("inconclusive"));
  EXPECT_LT(terminal_lines(text).size(), 40U);
}

TEST(Terminal, NeutralisesControlCharacters) {
  const std::string hostile =
      "a\x1b[2J\x1b]0;t\x07"
      "b\r\n\tc\x9b\u202E";
  Report report = fixtures::mixed_report();
  report.reason = hostile;
  report.base = report.head = {hostile, hostile};
  report.machine.cpu_model = report.machine.kernel = hostile;
  for (BenchmarkResult& row : report.benchmarks)
    row.name = row.metric.name = row.metric.unit = row.note = hostile;
  StageResult stage;
  stage.name = stage.side = stage.command = stage.message = stage.log = stage.log_tail = hostile;
  stage.status = StageResult::Status::failed;
  report.stages.assign(10, stage);
  report.warnings.assign(20, hostile);
  fixtures::add_remarks(report, hostile, 12);
  const std::string text = render_terminal(report, {.color = false});
  for (const char c : text)
    ASSERT_TRUE(c == '\n' || c < 0 || (c >= 32 && c != 127)) << static_cast<int>(c);
  EXPECT_THAT(text, Not(HasSubstr("\u202E")));
  EXPECT_THAT(text, HasSubstr("... and 6 failed stages more"));
  EXPECT_THAT(text, HasSubstr("... and 10 warnings more"));
  EXPECT_THAT(text, HasSubstr("... and 2 collectors more"));
  EXPECT_THAT(text, HasSubstr("... and 2 disturbed benchmarks more"));
}

TEST(Terminal, NeverShowsAWarningOrAnAcceptedSlowdownInRed) {
  Report report = fixtures::remarks_report();
  report.benchmarks.push_back(report.benchmarks[4]);
  report.benchmarks.back().decision = Decision::failed;
  const std::string text = render_terminal(report, {.color = true, .width = 110});
  EXPECT_THAT(text, HasSubstr("\x1b[33mwarning"));
  EXPECT_THAT(text, HasSubstr("\x1b[33macknowledged"));
  EXPECT_THAT(text, HasSubstr("\x1b[33mfailed"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b[1;31m")));
}

TEST(Terminal, ShowsTheTailOfAFailedStage) {
  const std::string text = render_terminal(fixtures::build_failed_report(), {});
  EXPECT_THAT(
      text,
      HasSubstr(
          "build on head failed: exit code 2\n  $ cmake --build build -j\n  | src/parse.cpp:12:3"));
  EXPECT_THAT(text, HasSubstr("whole log: logs/head-build.log"));
}

}  // namespace
}  // namespace melisai::report
