#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/report/report.h"
#include "tests/golden/golden.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What xmllint says against it; "" when nothing.
std::string complaints(const std::string& xml, const std::string& options) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("melisai-xml-" + std::to_string(getpid())))
          .string();
  std::ofstream(path, std::ios::binary) << xml;
  std::FILE* pipe = popen(
      ("xmllint --nonet --noout " + options + " '" + path + "' 2>&1 || echo refused").c_str(), "r");
  std::string said;
  for (int c = 0; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) said += static_cast<char>(c);
  if (pipe != nullptr) pclose(pipe);
  std::filesystem::remove(path);
  return said.find("refused") == std::string::npos ? "" : said;
}

bool has_xmllint() { return std::system("xmllint --version >/dev/null 2>&1") == 0; }

const std::string kSchema = "--schema '" MELISAI_SOURCE_DIR "/tests/data/junit.xsd'";

/// Ends whatever it may be put into, and holds what XML has no form for.
const std::string kHostile =
    "\"'><!-- ]]> &lt; <script>alert(1)</script> \x1b[31m\xff \x01 \xEF\xBF\xBE \xE2\x80\xAE";

Report hostile_report() {
  Report report = fixtures::mixed_report();
  report.reason = report.project = report.tool_version = kHostile;
  report.base = report.head = {kHostile, kHostile};
  report.started_at = "2026-01-02T03:04:05\"><x";
  report.machine.cpu_model = kHostile;
  for (BenchmarkResult& row : report.benchmarks)
    row.name = row.metric.name = row.metric.unit = row.note = kHostile;
  report.stages.push_back(fixtures::build_failed_report().stages[1]);
  report.stages.back().name = report.stages.back().log_tail = report.stages.back().message =
      kHostile;
  fixtures::add_remarks(report, kHostile, 1);
  return report;
}

TEST(Junit, MatchesTheGoldens) {
  for (const auto& [name, report] : fixtures::all_reports())
    golden::expect_golden("report/" + name + ".xml", render_junit(report));
}

TEST(Junit, FitsTheSchemaThatItsReadersShare) {
  if (!has_xmllint()) GTEST_SKIP() << "needs xmllint (Debian: libxml2-utils)";
  for (const auto& [name, report] : fixtures::all_reports())
    EXPECT_EQ(complaints(render_junit(report), kSchema), "") << name;
  EXPECT_EQ(complaints(render_junit(Report{}), kSchema), "");
  EXPECT_NE(complaints("<testsuites><testsuite/></testsuites>", kSchema), "");  // it is looked at
}

TEST(Junit, HoldsHostileTextAsText) {
  const std::string xml = render_junit(hostile_report());
  EXPECT_THAT(xml, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<!--")), Not(HasSubstr("<x"))));
  if (!has_xmllint()) GTEST_SKIP() << "needs xmllint (Debian: libxml2-utils)";
  EXPECT_EQ(complaints(xml, kSchema), "");
}

TEST(Junit, SkipsWhatWasNotDecidedAndSaysWhy) {
  const std::string xml = render_junit(fixtures::inconclusive_report());
  EXPECT_THAT(xml, HasSubstr(R"(name="cpu_time" time="0">
      <skipped message="inconclusive: +3.0 % (-2.0 to +8.3 %), threshold 5 %, 60 pairs;)"));
  EXPECT_THAT(xml, HasSubstr(R"(failures="0" errors="0" skipped="1")"));
}

TEST(Junit, FailsOnlyWhatMadeTheVerdictRed) {
  const std::string regression = render_junit(fixtures::regression_report());
  EXPECT_THAT(regression, HasSubstr(R"(tests="6" failures="2" errors="0" skipped="1")"));
  EXPECT_THAT(regression, HasSubstr("lock wait"));
  // A warning and an accepted slowdown.
  const std::string remarks = render_junit(fixtures::remarks_report());
  EXPECT_THAT(remarks, HasSubstr(R"(failures="0" errors="0" skipped="2")"));
  EXPECT_THAT(remarks, HasSubstr("acknowledged until 2026-12-31"));
}

TEST(Junit, IsRedWhenNoBenchmarkSaysSo) {
  const std::string broken = render_junit(fixtures::build_failed_report());
  EXPECT_THAT(broken, HasSubstr(R"(tests="2" failures="0" errors="2")"));
  EXPECT_THAT(broken, HasSubstr("expected &apos;;&apos; before"));
  Report health = fixtures::pass_report();
  health.verdict = Verdict::regression;
  EXPECT_THAT(render_junit(health), HasSubstr(R"(tests="1" failures="1")"));
}

TEST(Junit, CallsNothingPassedThatHasNoVote) {
  Report report = fixtures::pass_report();
  report.benchmarks[2].decision = Decision::regressed;
  EXPECT_THAT(render_junit(report), HasSubstr("shown only, without a vote"));
  EXPECT_THAT(render_junit(report), HasSubstr(R"(tests="4" failures="0" errors="0" skipped="1")"));
}

TEST(BadgeImage, SaysTheVerdictInOneWord) {
  const auto message = [](const Report& report) { return badge_of(report).message; };
  EXPECT_EQ(message(fixtures::pass_report()), "pass");
  EXPECT_EQ(message(fixtures::regression_report()), "regression +50.0 %");
  EXPECT_EQ(message(fixtures::inconclusive_report()), "cannot tell");
  EXPECT_EQ(message(fixtures::build_failed_report()), "not measured");
  EXPECT_EQ(badge_of(fixtures::inconclusive_report()).colour, Badge::Colour::amber);
}

TEST(BadgeImage, MatchesTheGoldens) {
  for (const Report& report : {fixtures::pass_report(), fixtures::regression_report(),
                               fixtures::inconclusive_report(), fixtures::build_failed_report()})
    golden::expect_golden("report/badge_" + std::string(to_string(report.verdict)) + ".svg",
                          render_badge(badge_of(report)));
}

TEST(BadgeImage, HoldsHostileTextAsText) {
  const std::string svg = render_badge({.label = kHostile, .message = kHostile});
  EXPECT_THAT(svg, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\x1b"))));
  if (!has_xmllint()) GTEST_SKIP() << "needs xmllint (Debian: libxml2-utils)";
  EXPECT_EQ(complaints(svg, ""), "");
}

}  // namespace
}  // namespace melisai::report
