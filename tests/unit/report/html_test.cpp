#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "core/report/html_text.h"
#include "core/report/report.h"
#include "tests/unit/report/page_fixtures.h"

namespace melisai::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count_in(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

/// Between the first `from` and the next `to`.
std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from);
  if (begin == std::string::npos) return "";
  const std::size_t start = begin + from.size();
  return text.substr(start, text.find(to, start) - start);
}

std::string data_of(const std::string& page, const std::string& id) {
  return between(page, "<script type=\"application/json\" id=\"" + id + "\">", "</script>");
}

/// What is shown without a script: everything outside <style> and <script>.
std::string shown_part(const std::string& page) {
  const std::size_t body = page.find("<body>");
  return page.substr(body, page.find("<script", body) - body);
}

/// How many tags, attributes and blocks the page is made of; a text that stays text adds none.
std::size_t structure_of(const std::string& page) {
  return count_in(page, "<") * 1'000'000 + count_in(page, "\"") + count_in(page, "'");
}

TEST(Html, SaysTheVerdictFirstAndWhatCannotBeToldIsNoPass) {
  EXPECT_THAT(to_html(fixtures::regression_report()),
              HasSubstr("<header class=\"verdict regression\">\n<h1><span class=\"word\"><span "
                        "aria-hidden=\"true\">✗</span> REGRESSION</span>: parse/BM_"));
  const std::string unsure = to_html(fixtures::inconclusive_report());
  EXPECT_THAT(unsure, HasSubstr("<header class=\"verdict inconclusive\">"));
  EXPECT_THAT(unsure, HasSubstr("This is not a pass: it cannot be told.</strong> A slowdown of up "
                                "to +8.3 % may hide in parse/BM_Small cpu_time."));
  const std::string pass = to_html(fixtures::pass_report());
  EXPECT_THAT(pass, HasSubstr("✓</span> PASS</span>: no regression in "));
  EXPECT_THAT(pass, HasSubstr("Nothing needs attention: Ran 1 benchmark:"));
  EXPECT_THAT(shown_part(pass), Not(HasSubstr("not a pass")));
}

TEST(Html, IsWholeWithoutAScript) {
  const std::string page = shown_part(to_html(fixtures::regression_report()));
  EXPECT_THAT(page, HasSubstr("+5.1 % (+3.0 to +7.0 %), threshold 5 %, 12 pairs, confirmed"));
  EXPECT_THAT(page, HasSubstr("base 1.000 us, head 1.051 us"));
  EXPECT_THAT(page, HasSubstr("lock wait: futex off-CPU 3 ms → 41 ms per run"));
  EXPECT_THAT(page, HasSubstr("<strong>Advice:</strong> hold the lock for less time"));
  EXPECT_THAT(page, HasSubstr("src/cache.cpp:88"));
  EXPECT_THAT(page, HasSubstr("the budget ended after 12 pairs"));
  EXPECT_THAT(page, HasSubstr("<code>1111111111111111111111111111111111111111</code>"));
  EXPECT_THAT(page, HasSubstr("Example CPU @ 2.00GHz"));
  const std::string remarks = shown_part(to_html(fixtures::remarks_report()));
  EXPECT_THAT(remarks, HasSubstr("score 92 on base, 70.5 on head"));
  EXPECT_THAT(remarks, HasSubstr("critical: sockets in CLOSE_WAIT: 150 sockets"));
  EXPECT_THAT(remarks, HasSubstr("<meter min=\"0\" max=\"100\" value=\"75\">75 %</meter>"));
  EXPECT_THAT(remarks, HasSubstr("acknowledged until 2026-12-31"));
  EXPECT_THAT(shown_part(to_html(fixtures::build_failed_report())),
              HasSubstr("error: expected &#39;;&#39; before &#39;}&#39; token\n"));
}

TEST(Html, ShowsTheWorstFirst) {
  const std::string page = shown_part(to_html(fixtures::regression_report()));
  const std::string table = between(page, "<table class=\"paged\">", "</table>");
  const std::size_t large = table.find("<span class=\"name\">parse/BM_Large</span>");
  EXPECT_LT(large, table.find("<span class=\"name\">parse/BM_Small</span>"));
  EXPECT_THAT(between(page, "<article", "</article>"), HasSubstr("+50.0 %"));
}

TEST(Html, AdmitsOnlyItsOwnScriptAndStyle) {
  const std::string page = to_html(fixtures::pass_report());
  const std::string policy = between(page, "Content-Security-Policy\" content=\"", "\"");
  EXPECT_THAT(policy, ::testing::MatchesRegex(
                          "default-src 'none'; script-src 'sha256-[A-Za-z0-9+/]{43}='; style-src "
                          "'sha256-[A-Za-z0-9+/]{43}='; img-src data:; base-uri 'none'; "
                          "form-action 'none'"));
  EXPECT_EQ(count_in(page, "<script>"), 1u);
  EXPECT_EQ(count_in(page, "<style>"), 1u);
  EXPECT_THAT(shown_part(page), Not(HasSubstr(" style=")));
}

TEST(Html, LetsNoTextBecomeMarkup) {
  for (const std::string& text : fixtures::hostile_texts()) {
    // As many characters as it, so that the same is cut.
    const std::string harmless = "x";
    const auto page_of = [](const std::string& each) {
      return to_html(fixtures::hostile_report(each), {});
    };
    const std::string page = page_of(text);
    EXPECT_EQ(structure_of(shown_part(page)), structure_of(shown_part(page_of(harmless)))) << text;
    EXPECT_EQ(count_in(page, "<script"), count_in(page_of(harmless), "<script")) << text;
    EXPECT_THAT(page, Not(HasSubstr("<!--"))) << text;
    // In the data they stay what they were.
    EXPECT_THAT(shown_part(page), Not(HasSubstr("\xE2\x80\xAE"))) << text;
    EXPECT_TRUE(nlohmann::json::accept(data_of(page, "report-data"))) << text;
    EXPECT_TRUE(nlohmann::json::accept(data_of(page, "plot-data"))) << text;
  }
}

TEST(Html, LinksNothingButFilesBesideIt) {
  Report report = fixtures::regression_report();
  for (const char* path : {"javascript:pwned()", "flame/../../x.svg", "//evil.invalid/flame/x.svg",
                           "https://evil.invalid/x.svg", "flame/", "flame/a\"b.svg"}) {
    report.evidence[0].files = {{"flame_graph", path}};
    EXPECT_THAT(between(shown_part(to_html(report)), "<figure>", "</figure>"),
                Not(HasSubstr("href=")))
        << path;
  }
  report.evidence[0].files = {{"flame_graph", "flame/parse.svg"}};
  EXPECT_THAT(to_html(report), HasSubstr("<a href=\"flame/parse.svg\">"));
}

TEST(Html, CarriesTheReportAsItIs) {
  Report report = fixtures::regression_report();
  report.seed = std::numeric_limits<std::uint64_t>::max();
  report.reason = "</script>\xE2\x80\xA8&";
  const std::string data = data_of(to_html(report), "report-data");
  const Result<Report> read = report_from_json(data);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, report);
}

TEST(Html, CarriesTheValuesOfPairs) {
  const Report report = fixtures::regression_report();
  const std::string page = to_html(report, fixtures::exhibits_of(report));
  const auto data = nlohmann::json::parse(data_of(page, "plot-data"));
  const auto& series = data["series"][0];
  EXPECT_EQ(series["row"], 4) << "the worst first";
  EXPECT_EQ(series["base"].size(), 12u);
  EXPECT_EQ(series["confirmFrom"], 7);
  EXPECT_EQ(series["disturbed"], nlohmann::json::array({5}));
  EXPECT_EQ(series["running"][0][2], nullptr);
  EXPECT_EQ(series["decision"], "regressed");
  for (const auto& each : data["series"]) {
    const double base = each["base"][0];
    const double head = each["head"][0];
    const bool is_throughput = each["metric"] == "bytes_per_second";  // of which less is worse
    EXPECT_DOUBLE_EQ(each["change"][0], (is_throughput ? base / head : head / base) - 1);
  }
  EXPECT_EQ(data["history"][0]["changes"], nlohmann::json::array({6}));
  EXPECT_THAT(shown_part(page), HasSubstr("<img alt=\"Flame graph of the difference: "
                                          "parse/BM_Small\" src=\"data:image/svg+xml;base64,PHN2"));
  EXPECT_THAT(shown_part(page), HasSubstr("changed for good at c0ffee6"));
}

TEST(Html, CarriesValuesThatAreNoPairs) {
  Exhibits exhibits;
  exhibits.series = {
      {.id = {"parse/BM_Small", "cpu_time"}, .base = {1, 2.5}, .head = {3}, .running = {}}};
  const std::string page = to_html(fixtures::pass_report(), exhibits);
  const auto series = nlohmann::json::parse(data_of(page, "plot-data"))["series"][0];
  EXPECT_EQ(series["base"], (nlohmann::json{1, 2.5}));
  EXPECT_EQ(series["head"], (nlohmann::json{3}));
  EXPECT_TRUE(series["change"].empty());
}

TEST(Html, LeavesOutValuesThatMatchNoRow) {
  Exhibits exhibits;
  exhibits.series = {{.id = {"no such", "cpu_time"}, .pairs = {{1, 2}}, .running = {}}};
  EXPECT_EQ(data_of(to_html(fixtures::pass_report(), exhibits), "plot-data"),
            "{\"series\":[],\"history\":[]}");
}

TEST(Html, StaysWithinItsLimitAndSaysWhatIsLeftOut) {
  Report report = fixtures::regression_report();
  const std::string text(3'000, '<');
  fixtures::add_remarks(report, text, 200);
  for (int i = 0; i < 5'000; ++i) report.benchmarks.push_back(report.benchmarks[0]);
  Exhibits exhibits = fixtures::exhibits_of(report);
  for (ShownFlame& each : exhibits.flames) each.svg.assign(8 << 20, ' ');
  const std::string page = to_html(report, exhibits);
  EXPECT_LE(page.size(), kHtmlBytesMax);
  EXPECT_THAT(page, HasSubstr(" more rows are left out for size; report.json has all of them."));
  EXPECT_THAT(page, HasSubstr("The report is too large to be in this page as JSON"));
  EXPECT_EQ(data_of(page, "report-data"), "");
  EXPECT_THAT(page, HasSubstr("(beside report.json, not in this page)"));
}

TEST(Html, KeepsACommandOnlyWhole) {
  Exhibits exhibits;
  exhibits.repeat = "melisai-gate check --base main";
  EXPECT_THAT(to_html(fixtures::pass_report(), exhibits),
              HasSubstr("<code>melisai-gate check --base main</code>"));
  exhibits.repeat =
      "melisai-gate check --base 'a\xE2\x80\xAE"
      "b'";
  EXPECT_THAT(to_html(fixtures::pass_report(), exhibits), Not(HasSubstr("repeat it")));
}

TEST(Html, EncodesBase64AndHex) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\xfd\xfc"), "//79/A==");
  EXPECT_EQ(from_hex("00ff1a"), std::string("\0\xff\x1a", 3));
}

}  // namespace
}  // namespace melisai::report
