#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "core/report/report.h"
#include "tests/golden/golden.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kGitHubMax = 65'536;

/// Everything that GitHub would act on, and the ends of whatever the text may be put into.
const std::string kHostileText =
    "`x`` | @octocat #1 <script>alert(1)</script> ![i](http://evil/i.png) </details>\n\n# "
    "out\x1b[31m\xff```";

std::string hostile_markdown() {
  Report report = fixtures::mixed_report();
  report.reason = report.project = report.tool_version = report.started_at = kHostileText;
  report.base = report.head = {kHostileText, kHostileText};
  report.machine.cpu_model = report.machine.kernel = report.machine.fingerprint = kHostileText;
  report.machine.virtualisation = report.machine.governor = kHostileText;
  for (BenchmarkResult& row : report.benchmarks)
    row.name = row.metric.name = row.metric.unit = row.note = kHostileText;
  for (Measurement& measurement : report.measurements)
    measurement.benchmark = measurement.placement = kHostileText;
  for (StageResult& stage : report.stages) {
    stage.status = StageResult::Status::failed;
    stage.name = stage.side = stage.command = stage.message = stage.log = stage.log_tail =
        kHostileText;
  }
  report.warnings = {kHostileText};
  fixtures::add_remarks(report, kHostileText, 1);
  return render_markdown(report);
}

TEST(Markdown, MatchesTheGoldens) {
  for (const auto& [name, report] : fixtures::all_reports()) {
    golden::expect_golden("report/" + name + ".md", render_markdown(report));
  }
}

TEST(Markdown, PutsTheVerdictWordFirst) {
  Report one = fixtures::regression_report();
  one.benchmarks.resize(2);
  EXPECT_THAT(render_markdown(one), StartsWith("## REGRESSION: parse/BM_Small cpu_time +5.1 %\n"));
  EXPECT_THAT(render_markdown(fixtures::pass_report()), StartsWith("## PASS: "));
  EXPECT_THAT(render_markdown(fixtures::inconclusive_report()), StartsWith("## INCONCLUSIVE: "));
  EXPECT_THAT(render_markdown(fixtures::build_failed_report()),
              StartsWith("## ERROR: the build failed\n"));
  EXPECT_THAT(render_markdown(Report{}), StartsWith("## ERROR: "));
}

TEST(Markdown, SaysThatInconclusiveIsNotAPassAndWhatMayHide) {
  const std::string markdown = render_markdown(fixtures::inconclusive_report());
  EXPECT_THAT(markdown, HasSubstr("**This is not a pass.** A slowdown of up to +8.3 % may hide in "
                                  "parse/BM_Small cpu_time."));
  EXPECT_THAT(render_markdown(fixtures::pass_report()), Not(HasSubstr("not a pass")));
}

TEST(Markdown, SaysWhenNothingLimitsTheHiddenSlowdown) {
  Report report = fixtures::inconclusive_report();
  report.benchmarks.push_back(report.benchmarks[0]);
  report.benchmarks.back().name = "unlimited";
  report.benchmarks.back().effect_high = std::numeric_limits<double>::infinity();
  EXPECT_THAT(render_markdown(report),
              HasSubstr("There is no upper limit yet for unlimited cpu_time"));
}

TEST(Markdown, ListsTheWorstThreeAndCountsTheOthers) {
  Report report = fixtures::regression_report();
  report.benchmarks.clear();
  for (const double effect : {0.06, 0.30, 0.10, 0.20}) {
    report.benchmarks.push_back(
        fixtures::judged("b" + std::to_string(static_cast<int>(effect * 100)), fixtures::cpu_time(),
                         {Decision::regressed, effect, effect - 0.01, effect + 0.01, 1, 1}));
  }
  const std::string markdown = render_markdown(report);
  EXPECT_THAT(markdown, StartsWith("## REGRESSION: b30 cpu_time +30.0 % and 3 more\n"));
  EXPECT_LT(markdown.find("- **regressed** `b30`"), markdown.find("- **regressed** `b20`"));
  EXPECT_LT(markdown.find("- **regressed** `b20`"), markdown.find("- **regressed** `b10`"));
  EXPECT_THAT(markdown, Not(HasSubstr("- **regressed** `b6`")));
  EXPECT_THAT(markdown, HasSubstr("| **regressed** | `b6` |"));
}

TEST(Markdown, RepeatsOnlyWhatCanBeCopied) {
  const Report report = fixtures::pass_report();
  EXPECT_THAT(render_markdown(report, "gate ab -- 'a  `b`' -- ./new"),
              HasSubstr("- repeat it: ``gate ab -- 'a  `b`' -- ./new``\n"));
  EXPECT_THAT(render_markdown(report), Not(HasSubstr("repeat it")));
  for (const std::string& altered :
       {std::string("gate ab -- 'a\nb' -- c"), std::string(2'000, 'x')})
    EXPECT_THAT(render_markdown(report, altered), Not(HasSubstr("repeat it")));
}

/// What GitHub would act on in one line outside code blocks: code spans are gone, escapes are E.
std::string active_markdown(const std::string& line) {
  std::string text;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == '\\') {
      text += 'E';
      at += 2;
    } else if (line[at] == '&') {
      text += 'E';
      at = line.find(';', at) + 1;
    } else if (line[at] == '`') {
      const std::size_t run = std::min(line.find_first_not_of('`', at), line.size()) - at;
      std::size_t close = at + run;
      std::size_t end = close;
      while (end - close != run) {
        close = line.find('`', end);
        if (close == std::string::npos) return text + "an open code span";
        end = std::min(line.find_first_not_of('`', close), line.size());
      }
      at = end;
    } else {
      text += line[at++];
    }
  }
  return text;
}

std::size_t cell_ends(const std::string& line) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < line.size(); ++at)
    count += line[at] == '|' && (at == 0 || line[at - 1] != '\\');
  return count;
}

/// The lines of a document that lie outside its fenced code blocks.
std::vector<std::string> lines_outside_blocks(const std::string& markdown) {
  std::vector<std::string> lines;
  std::string fence;
  std::istringstream stream(markdown);
  for (std::string line; std::getline(stream, line);) {
    if (!fence.empty()) {
      if (line == fence) fence.clear();
    } else if (line.starts_with("```")) {
      fence = line.substr(0, line.find_first_not_of('`'));
    } else {
      lines.push_back(line);
    }
  }
  EXPECT_TRUE(fence.empty()) << "a code block is never closed";
  return lines;
}

TEST(Markdown, LetsNoHostileTextOutOfItsPlace) {
  const std::string markdown = hostile_markdown();
  EXPECT_THAT(markdown, Not(HasSubstr("\x1b")));
  EXPECT_THAT(markdown, Not(HasSubstr("\xff")));
  std::size_t details = 0;
  int rows_of_remarks = 0;
  bool in_profile = false;
  for (const std::string& line : lines_outside_blocks(markdown)) {
    const std::string text = active_markdown(line);
    for (const char* active : {"<script", "@octocat", "#1", "](", "http://", "open code span"}) {
      EXPECT_THAT(text, Not(HasSubstr(active))) << line;
    }
    EXPECT_FALSE(line.starts_with("# out")) << "a heading of a stranger";
    if (line.starts_with("<details>")) ++details;
    if (line.starts_with("</details>")) --details;
    const bool decides = line.starts_with("| **") || line.starts_with("| clear") ||
                         line.starts_with("| warning") || line.starts_with("| acknowledged");
    if (decides) {
      EXPECT_EQ(cell_ends(line), 11U) << line;
    }
    rows_of_remarks += line.starts_with("| warning") || line.starts_with("| acknowledged");
    if (in_profile && line.starts_with("| ")) {
      EXPECT_EQ(cell_ends(line), 7U) << line;
    }
    in_profile = line.starts_with("| benchmark process | collector") ||
                 (in_profile && line.starts_with("|"));
  }
  EXPECT_EQ(details, 0U);
  EXPECT_EQ(rows_of_remarks, 2);
}

TEST(Markdown, CutsTwoThousandBenchmarksGracefully) {
  Report report = fixtures::regression_report();
  for (int i = 0; i < 2'000; ++i) {
    for (const bool gating : {true, false}) {
      report.benchmarks.push_back(
          fixtures::judged("suite/BM_Case/" + std::to_string(i), fixtures::cpu_time(),
                           {Decision::clear, 0.001, -0.01, 0.012, 1000, 1001, gating}));
    }
  }
  const std::string markdown = render_markdown(report, "melisai-gate check");
  EXPECT_LE(markdown.size(), kGitHubMax);
  EXPECT_GE(markdown.size(), kGitHubMax * 9 / 10) << "room is wasted";
  EXPECT_THAT(
      markdown,
      HasSubstr(" more of the metrics that decide the verdict are left out, because GitHub"));
  EXPECT_THAT(markdown, HasSubstr("2002 more of the shown metrics are left out"));
  EXPECT_THAT(markdown, HasSubstr("- repeat it: `melisai-gate check`"));
  EXPECT_THAT(markdown, HasSubstr("| **regressed** | `parse/BM_Large` |"));
}

TEST(Markdown, StaysWithinTheLimitWhenEverythingIsHuge) {
  for (const std::string& piece :
       {std::string("`"), std::string("@a"), std::string("|"), std::string("\xf0\x9f\x8e\x89"),
        std::string("\x01"), kHostileText}) {
    std::string huge;
    while (huge.size() < 5'000) huge += piece;
    Report report = fixtures::mixed_report();
    report.verdict = Verdict::inconclusive;
    report.reason = report.tool_version = report.started_at = huge;
    report.base = report.head = {huge, huge};
    report.machine.cpu_model = report.machine.kernel = report.machine.fingerprint = huge;
    report.machine.virtualisation = report.machine.governor = huge;
    for (BenchmarkResult& row : report.benchmarks) {
      row.name = row.metric.name = row.metric.unit = row.note = huge;
      row.gating = true;
      row.decision = Decision::inconclusive;
    }
    StageResult stage;
    stage.name = stage.side = stage.command = stage.message = stage.log = stage.log_tail = huge;
    stage.status = StageResult::Status::failed;
    report.stages.assign(20, stage);
    report.measurements.assign(20, {huge, 1, 1, huge, true, {}});
    report.warnings.assign(30, huge);
    fixtures::add_remarks(report, huge, 30);
    const std::string markdown = render_markdown(report);
    EXPECT_LE(markdown.size(), kGitHubMax) << piece;
    EXPECT_THAT(markdown, HasSubstr("more of the failed stages are left out")) << piece;
    EXPECT_THAT(markdown, HasSubstr("more of the warnings are left out")) << piece;
    EXPECT_THAT(markdown, HasSubstr("more of the collectors with trouble are left out")) << piece;
    EXPECT_THAT(markdown, HasSubstr("more of the disturbed measurements are left out")) << piece;
    EXPECT_THAT(markdown, HasSubstr("failed on ")) << "not even one stage for " << piece;
  }
}

TEST(Markdown, ShowsWarningsAndAcceptedSlowdownsWithoutBold) {
  const std::string markdown = render_markdown(fixtures::remarks_report());
  EXPECT_THAT(markdown, HasSubstr("\n| warning | `parse/BM_Odd` |"));
  EXPECT_THAT(markdown, HasSubstr("\n| acknowledged | `parse/BM_New` |"));
  EXPECT_THAT(markdown, HasSubstr("acknowledged until 2026-12-31, up to 25 %: the new parser"));
  EXPECT_THAT(markdown, Not(HasSubstr("regressed")));
}

TEST(Markdown, ShowsAFailureThatDoesNotCountAmongTheShownMetrics) {
  Report report = fixtures::mixed_report();
  report.benchmarks.back().gating = false;
  report.benchmarks.back().level = Level::off;
  const std::string markdown = render_markdown(report);
  EXPECT_THAT(markdown, Not(HasSubstr("**failed**")));
  EXPECT_THAT(markdown, HasSubstr("| `cli` | - | - | - | failed |"));
}

TEST(Markdown, ShowsThirtyProfileValuesOfABenchmarkWithTheLargestChanges) {
  Report report = fixtures::pass_report();
  Profile profile{.benchmark = "parse", .note = "", .values = {}};
  for (int i = 0; i < 50; ++i)
    profile.values.push_back({"process", {"m" + std::to_string(i), "count"}, 100, 100 + i});
  report.profiles = {profile, {"other", "", {{"process", {"alone", "count"}, 1, 1}}}};
  const std::string markdown = render_markdown(report);
  EXPECT_LT(markdown.find("`m49`"), markdown.find("`m48`"));
  EXPECT_THAT(markdown, HasSubstr("`m20`"));
  EXPECT_THAT(markdown, Not(HasSubstr("`m19`")));
  EXPECT_THAT(markdown,
              HasSubstr("| `parse` |  | 20 more values with smaller changes in report.json"));
  EXPECT_THAT(markdown, HasSubstr("`alone`"));
  report.profiles[0].values.resize(31);
  EXPECT_THAT(render_markdown(report), HasSubstr("1 more value with smaller changes"));
}

TEST(Markdown, NamesTheStoredRunOnlyWhenThereIsOne) {
  EXPECT_THAT(render_markdown(fixtures::remarks_report()),
              HasSubstr("- stored: run 12; melisai-gate show 12, with the same --state-dir\n"));
  EXPECT_THAT(render_markdown(fixtures::pass_report()), Not(HasSubstr("stored")));
}

TEST(Markdown, ShowsNumbersThatAreNotFiniteAsMissing) {
  Report report = fixtures::regression_report();
  report.seconds = std::nan("");
  report.threshold = std::numeric_limits<double>::infinity();
  for (BenchmarkResult& row : report.benchmarks) {
    row.effect = row.effect_low = row.effect_high = std::nan("");
    row.base = row.head = Side{std::nan("")};
    row.threshold = std::nan("");
  }
  const std::string markdown = render_markdown(report);
  EXPECT_THAT(markdown, Not(HasSubstr("nan")));
  EXPECT_THAT(markdown, Not(HasSubstr("inf ")));
  EXPECT_THAT(markdown, HasSubstr("an unknown time"));
}

}  // namespace
}  // namespace melisai::report
