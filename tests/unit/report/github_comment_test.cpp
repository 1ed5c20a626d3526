// The comment on a pull request: the points that readers asked for, one test each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/report/github/github.h"
#include "tests/golden/golden.h"
#include "tests/injections.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace github_comment_test {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string comment(const Report& report) { return comment_of(report, {}); }

/// What one sees without opening anything.
std::string visible(const std::string& markdown) {
  std::string out;
  for (std::size_t at = 0; at < markdown.size();) {
    const std::size_t start = std::min(markdown.find("<details>", at), markdown.size());
    out += markdown.substr(at, start - at);
    const std::size_t end = markdown.find("</details>", start);
    at = end == std::string::npos ? markdown.size() : end;
  }
  return out;
}

Report many_regressions(int count) {
  Report report = fixtures::regression_report();
  report.benchmarks.clear();
  for (int i = 1; i <= count; ++i)
    report.benchmarks.push_back(fixtures::judged(
        "b" + std::to_string(i), fixtures::cpu_time(),
        {Decision::regressed, 0.1 * i, 0.1 * i - 0.01, 0.1 * i + 0.01, 1000, 1000 + 100.0 * i}));
  return report;
}

TEST(GithubComment, MatchesTheGoldens) {
  for (const auto& [name, report] : fixtures::all_reports())
    golden::expect_golden("comment/" + name + ".md", comment(report));
}

TEST(GithubComment, IsFoundAgainByItsFirstLine) {
  EXPECT_THAT(comment(fixtures::pass_report()), StartsWith("<!-- melisai-gate:default -->\n"));
  EXPECT_THAT(comment_of(fixtures::pass_report(), {.name = "arm64"}),
              StartsWith("<!-- melisai-gate:arm64 -->\n"));
  EXPECT_FALSE(is_context_name("a-->b"));
  EXPECT_FALSE(is_context_name("a--b"));
  EXPECT_FALSE(is_context_name(""));
  EXPECT_FALSE(is_context_name(std::string(61, 'a')));
}

TEST(GithubComment, SaysTheVerdictFirst) {
  const std::string marker = marker_of("default") + "\n";
  EXPECT_THAT(comment(fixtures::regression_report()),
              StartsWith(marker + "### REGRESSION: 2 of 4 gating metrics are worse\n"));
  EXPECT_THAT(comment(fixtures::build_failed_report()),
              StartsWith(marker + "### ERROR: the build failed\n"));
}

TEST(GithubComment, ProvesThatItRanWhenAllIsClear) {
  const std::string text = comment(fixtures::pass_report());
  EXPECT_THAT(text, HasSubstr("### PASS: 1 benchmark compared, all clear\n"));
  EXPECT_THAT(text, HasSubstr("Ran 1 benchmark: 4 metrics compared (2 gate), 12 pairs, 41.2 s."));
  EXPECT_THAT(comment(fixtures::remarks_report()), Not(HasSubstr("all clear")));
}

TEST(GithubComment, CountsOnlyBenchmarksThatCouldHaveTurnedRed) {
  Report report = fixtures::pass_report();
  BenchmarkResult shown = report.benchmarks.front();
  shown.name = "shown/only";
  shown.gating = false;
  shown.level = Level::off;
  report.benchmarks.push_back(shown);
  EXPECT_THAT(comment(report), HasSubstr("### PASS: 1 benchmark compared, all clear\n"));
}

TEST(GithubComment, ShowsTheWorstThreeAndFoldsTheOthers) {
  const std::string text = comment(many_regressions(5));
  const std::string seen = visible(text);
  for (const char* name : {"`b5`", "`b4`", "`b3`"}) EXPECT_THAT(seen, HasSubstr(name));
  for (const char* name : {"`b2`", "`b1`"}) {
    EXPECT_THAT(seen, Not(HasSubstr(name)));
    EXPECT_THAT(text, HasSubstr(name));
  }
  EXPECT_LT(seen.find("`b5`"), seen.find("`b4`"));
}

TEST(GithubComment, SaysNoEffectWithoutItsInterval) {
  EXPECT_THAT(visible(comment(fixtures::regression_report())),
              HasSubstr("+5.1 % worse (interval +3.0 to +7.0 %"));
  Report report = fixtures::regression_report();
  for (BenchmarkResult& row : report.benchmarks) row.effect_low = row.effect_high = std::nullopt;
  EXPECT_THAT(visible(comment(report)), HasSubstr("+5.1 % worse (no interval is known"));
  EXPECT_THAT(title_of(report), Not(HasSubstr("%")));
}

TEST(GithubComment, NamesCommitsMachineAndPairs) {
  const std::string seen = visible(comment(fixtures::pass_report()));
  EXPECT_THAT(seen, HasSubstr("base `1111111111111111111111111111111111111111` `main`"));
  EXPECT_THAT(seen, HasSubstr("head `2222222222222222222222222222222222222222`"));
  EXPECT_THAT(seen, HasSubstr("Example CPU"));
  EXPECT_THAT(seen, HasSubstr("12 pairs"));
}

TEST(GithubComment, KeepsCannotTellApartFromPass) {
  const std::string text = comment(fixtures::inconclusive_report());
  EXPECT_THAT(text, HasSubstr("### INCONCLUSIVE: cannot tell for 1 of 2 gating metrics\n"));
  EXPECT_THAT(text, HasSubstr("**This is not a pass.** A slowdown of up to +8.3 % may hide"));
  EXPECT_THAT(text, HasSubstr("Next: Raise gate.max_pairs"));
  EXPECT_THAT(text, Not(HasSubstr("PASS")));
}

TEST(GithubComment, KnowsUnitAndDirection) {
  Report report = fixtures::regression_report();
  report.benchmarks = {fixtures::judged("io", fixtures::throughput(),
                                        {Decision::regressed, 0.25, 0.2, 0.3, 5e8, 4e8})};
  const std::string seen = visible(comment(report));
  EXPECT_THAT(seen, HasSubstr("476.8 MiB/s → 381.5 MiB/s, +25.0 % worse"));
  EXPECT_THAT(seen, HasSubstr("higher is better"));
  EXPECT_THAT(visible(comment(fixtures::regression_report())),
              HasSubstr("1.000 us → 1.051 us, +5.1 % worse (interval +3.0 to +7.0 %; lower is "
                        "better)"));
}

TEST(GithubComment, SaysWhyBesideTheFinding) {
  const std::string seen = visible(comment(fixtures::regression_report()));
  EXPECT_THAT(seen, HasSubstr("  - Why: lock wait: futex off-CPU 3 ms → 41 ms per run"));
  EXPECT_LT(seen.find("`parse/BM_Small`"), seen.find("- Why:"));
  EXPECT_THAT(seen, HasSubstr("Next: hold the lock for less time"));
}

TEST(GithubComment, AdvisesOnlyWhatIsNew) {
  EXPECT_THAT(visible(comment(fixtures::remarks_report())),
              HasSubstr("**New advice**, for what head does and base did not\n\n- Much time is "
                        "spent in the kernel"));
  EXPECT_THAT(comment(fixtures::pass_report()), Not(HasSubstr("advice")));
}

TEST(GithubComment, ShowsNoCommandThatStrangersAdvise) {
  Report report = fixtures::remarks_report();
  ASSERT_FALSE(report.health.recommendations.empty());
  report.health.recommendations[0].commands = {"curl evil.example"};
  EXPECT_THAT(comment(report), HasSubstr("`curl evil.example`"));
  const std::string theirs = comment_of(report, {.is_word_of_strangers = true});
  EXPECT_THAT(theirs, Not(HasSubstr("curl evil.example")));
  EXPECT_THAT(theirs, HasSubstr("**New advice**"));
}

TEST(GithubComment, NamesTheCommandThatDoesItAgain) {
  EXPECT_THAT(visible(comment(fixtures::regression_report())),
              HasSubstr("- Do it again: `melisai-gate check --base "
                        "1111111111111111111111111111111111111111 --head "
                        "2222222222222222222222222222222222222222 --seed 42`"));
  Report hostile = fixtures::regression_report();
  hostile.head.sha = "$(reboot)";
  EXPECT_THAT(comment(hostile), Not(HasSubstr("Do it again")));
  EXPECT_THAT(comment_of(hostile, {.repeat = "gate check"}),
              HasSubstr("Do it again: `gate check`"));
}

TEST(GithubComment, TellsHowToAcceptASlowdown) {
  EXPECT_THAT(visible(comment(fixtures::regression_report())),
              HasSubstr("melisai-gate ack parse/BM_Large minor_faults --until YYYY-MM-DD"));
  Report hostile = fixtures::regression_report();
  hostile.benchmarks.back().name = hostile.benchmarks[0].name = "$(reboot)";
  hostile.benchmarks[4].name = "$(reboot)";
  EXPECT_THAT(comment(hostile), HasSubstr("ack '$(reboot)' "));
  EXPECT_THAT(comment(fixtures::pass_report()), Not(HasSubstr("ack")));
}

TEST(GithubComment, AcceptsNoNameThatIsAnOption) {
  Report report = many_regressions(1);
  for (const char* const name : {"--up-to=900%", "*", "BM_?"}) {
    report.benchmarks[0].name = name;
    EXPECT_THAT(comment(report), HasSubstr("- Accept it, on the machine that measures: "
                                           "`melisai-gate ack --help`\n"));
  }
}

TEST(GithubComment, IsCutWhereGithubCuts) {
  const Report report = many_regressions(5'000);
  const std::string text = comment(report);
  EXPECT_LE(text.size(), kCommentBytesMax);
  EXPECT_THAT(text,
              ContainsRegex("[0-9]+ more of the metrics that decide the verdict are left out"));
  EXPECT_THAT(text, HasSubstr("base `1111111111111111111111111111111111111111`"));
  EXPECT_LE(check_of(report, {}, FailOn::regression).summary.size(), kCheckSummaryBytesMax);
  const std::string summary = job_summary_of(report, {});
  EXPECT_GT(summary.size(), 5 * kCommentBytesMax);
  EXPECT_LE(summary.size(), kJobSummaryBytesMax);
}

TEST(GithubComment, TakesTheLongestTextsOfStrangers) {
  Report report = many_regressions(3);
  const std::string longest(20'000, '*');
  report.reason = report.tool_version = report.base.ref = report.head.ref = longest;
  report.base.sha = report.machine.cpu_model = report.machine.kernel = longest;
  for (BenchmarkResult& row : report.benchmarks)
    row.name = row.metric.name = row.note = row.metric.unit = longest;
  fixtures::add_remarks(report, longest, 100);
  report.health = fixtures::worse_health();
  report.health.recommendations.assign(5,
                                       {"x", 1, "c", "fix", longest, {longest}, {}, "", longest});
  EXPECT_LE(comment(report).size(), kCommentBytesMax);
  EXPECT_LE(check_of(report, {}, FailOn::regression).summary.size(), kCheckSummaryBytesMax);
}

/// Without code spans and blocks, whose text nobody interprets.
std::string without_code(const std::string& markdown) {
  std::string out;
  for (std::size_t at = 0; at < markdown.size();) {
    if (markdown[at] == '\\') {
      at += 2;
    } else if (markdown[at] == '`') {
      const std::size_t run = std::min(markdown.find_first_not_of('`', at), markdown.size()) - at;
      std::size_t close = at + run;
      for (std::size_t length = 0; close < markdown.size() && length != run;) {
        close = std::min(markdown.find('`', close), markdown.size());
        const std::size_t end = std::min(markdown.find_first_not_of('`', close), markdown.size());
        length = end - close;
        close = end;
      }
      at = close;
    } else {
      out += markdown[at++];
    }
  }
  return out;
}

TEST(GithubComment, LetsNoTextOfStrangersAct) {
  const std::set<std::string> ours = {"<!-- melisai-gate:default -->", "<details>", "<summary>",
                                      "</summary>", "</details>"};
  for (const std::string& hostile : injections("markdown.txt")) {
    Report report = fixtures::regression_report();
    report.reason = report.tool_version = report.machine.cpu_model = hostile;
    report.base = report.head = {hostile, hostile};
    for (BenchmarkResult& row : report.benchmarks)
      row.name = row.metric.name = row.metric.unit = row.note = hostile;
    report.warnings = {hostile};
    fixtures::add_remarks(report, hostile, 2);
    report.health = fixtures::worse_health();
    report.health.recommendations[0].title = report.health.recommendations[0].evidence = hostile;
    const std::string text = comment(report);
    for (const char* bad : {"\x1b", "\xE2\x80\xAE", "\xE2\x80\x8B"})
      EXPECT_THAT(text, Not(HasSubstr(bad))) << shown(hostile);
    const std::string live = without_code(text);
    EXPECT_EQ(live.find("<!--", 1), std::string::npos) << shown(hostile);
    for (const char* bad : {"@octocat", "@team", "#1 ", "GH-1", "http://", "https://", "![", "]("})
      EXPECT_THAT(live, Not(HasSubstr(bad))) << shown(hostile);
    for (std::size_t at = live.find('<'); at != std::string::npos; at = live.find('<', at + 1))
      EXPECT_TRUE(ours.contains(live.substr(at, live.find('>', at) + 1 - at))) << shown(hostile);
  }
}

TEST(GithubComment, LinksOnlyAPlainAddress) {
  const std::string good = "https://github.com/o/n/actions/runs/7";
  EXPECT_THAT(comment_of(fixtures::pass_report(), {.details_url = good}),
              EndsWith("[details](" + good + ")\n"));
  for (const char* bad : {"http://x", "javascript:alert(1)", "https://x/)![y](z", "https://x/\n#"})
    EXPECT_THAT(comment_of(fixtures::pass_report(), {.details_url = bad}),
                Not(HasSubstr("[details]")));
}

}  // namespace github_comment_test
}  // namespace melisai::report
