#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/base/files.h"
#include "core/model/report.h"
#include "tests/golden/golden.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The JSON of the regression report with the first `from` replaced by `to`.
std::string tampered_json(const std::string& from, const std::string& to) {
  std::string json = to_json(fixtures::regression_report());
  const std::size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << "the report no longer holds " << from;
  return at == std::string::npos ? json : json.replace(at, from.size(), to);
}

std::string json_problem(const std::string& json) {
  const Result<Report> report = report_from_json(json);
  if (report) return "";
  EXPECT_EQ(report.error().code, Errc::parse);
  return report.error().message;
}

TEST(ReportJson, MatchesTheGoldens) {
  for (const auto& [name, report] : fixtures::all_reports()) {
    golden::expect_golden("report/" + name + ".json", to_json(report));
  }
}

TEST(ReportJson, RoundTripsEveryField) {
  for (const auto& [name, report] : fixtures::all_reports()) {
    const Result<Report> again = report_from_json(to_json(report));
    ASSERT_TRUE(again) << name << ": " << again.error().message;
    EXPECT_TRUE(*again == report) << name << ": " << to_json(*again);
  }
}

TEST(ReportJson, RoundTripsWordsAndExtremes) {
  Report report = fixtures::mixed_report();
  report.seed = std::numeric_limits<std::uint64_t>::max();
  report.machine.memory_bytes = std::numeric_limits<std::int64_t>::max();
  report.threshold = 0.1 + 0.2;
  report.benchmarks[0].metric.better = Better::unknown;
  report.benchmarks[0].metric.tier = Tier::exact;
  report.benchmarks[0].base = Side{std::numeric_limits<double>::denorm_min()};
  report.benchmarks[0].head = Side{-std::numeric_limits<double>::max()};
  report.stages[0].status = StageResult::Status::skipped;
  for (const ReasonCode code :
       {ReasonCode::clear, ReasonCode::regressed, ReasonCode::budget, ReasonCode::nothing_compared,
        ReasonCode::collector, ReasonCode::build_failed, ReasonCode::tests_failed,
        ReasonCode::bench_failed, ReasonCode::git, ReasonCode::baseline, ReasonCode::busy,
        ReasonCode::disk, ReasonCode::interrupted, ReasonCode::configuration,
        ReasonCode::internal}) {
    report.reason_code = code;
    const Result<Report> again = report_from_json(to_json(report));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(*again == report) << to_string(code);
  }
}

TEST(ReportJson, RoundTripsWhatCollectorsAndPeopleAdd) {
  Report report = fixtures::remarks_report();
  report.run = std::numeric_limits<std::int64_t>::max();
  report.benchmarks[0].level = Level::off;
  report.benchmarks.back().acknowledged->up_to.reset();
  for (const CollectorStatus status :
       {CollectorStatus::ok, CollectorStatus::unavailable, CollectorStatus::refused,
        CollectorStatus::crashed, CollectorStatus::timed_out, CollectorStatus::misbehaved,
        CollectorStatus::failed}) {
    report.collectors[1].status = status;
    const Result<Report> again = report_from_json(to_json(report));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(*again == report) << to_string(status);
  }
}

TEST(ReportJson, RoundTripsEveryCause) {
  Report report = fixtures::regression_report();
  for (int cause = 0; cause <= static_cast<int>(Cause::not_known); ++cause) {
    report.evidence[0].cause = static_cast<Cause>(cause);
    const Result<Report> again = report_from_json(to_json(report));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(*again == report) << to_string(report.evidence[0].cause);
  }
  EXPECT_THAT(json_problem(tampered_json("lock_wait", "bad_luck")), HasSubstr("evidence[0].class"));
}

TEST(ReportJson, ReadsTheFirstFormOfVersionOne) {
  const Result<std::string> json =
      read_file(MELISAI_SOURCE_DIR "/tests/golden/report/v1-first.json", 1 << 20);
  ASSERT_TRUE(json);
  const Result<Report> report = report_from_json(*json);
  ASSERT_TRUE(report) << report.error().message;
  Report expected = fixtures::mixed_report();
  expected.command = "";
  expected.benchmarks.back().gating = false;
  expected.benchmarks.back().level = Level::off;
  expected.measurements[0].configuration = "";
  EXPECT_TRUE(*report == expected) << to_json(*report);
}

TEST(ReportJson, WritesNullForNumbersThatAreNotFinite) {
  Report report = fixtures::pass_report();
  report.seconds = std::nan("");
  report.benchmarks[0].effect_high = std::numeric_limits<double>::infinity();
  report.benchmarks[0].base = Side{-std::numeric_limits<double>::infinity()};
  const std::string json = to_json(report);
  EXPECT_THAT(json, HasSubstr("\"seconds\": null"));
  EXPECT_THAT(json, HasSubstr("\"effect_high\": null"));
  EXPECT_THAT(json, HasSubstr("\"median\": null"));
  EXPECT_THAT(json, Not(HasSubstr("inf")));

  const Result<Report> again = report_from_json(json);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(std::isnan(again->seconds));
  EXPECT_FALSE(again->benchmarks[0].effect_high.has_value());
  ASSERT_TRUE(again->benchmarks[0].base.has_value());
  EXPECT_TRUE(std::isnan(again->benchmarks[0].base->median));
}

TEST(ReportJson, ReplacesBytesThatAreNotUtf8) {
  Report report = fixtures::pass_report();
  report.benchmarks[0].name = "bad\xff\xc0name";
  report.stages[0].log_tail = std::string("nul \0 escape \x1b[31m", 19);
  const Result<Report> again = report_from_json(to_json(report));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->benchmarks[0].name, "bad\xEF\xBF\xBD\xEF\xBF\xBDname");
  EXPECT_EQ(again->stages[0].log_tail, report.stages[0].log_tail);
}

TEST(ReportJson, NamesTheFieldOfAWrongType) {
  EXPECT_THAT(json_problem(tampered_json("\"name\": \"parse/BM_Small\"", "\"name\": 7")),
              HasSubstr("benchmarks[0].name: expected a string, found the integer 7"));
  EXPECT_THAT(json_problem(tampered_json("\"effect\": 0.051", "\"effect\": \"5 %\"")),
              HasSubstr("benchmarks[0].effect: expected a number or null, found string"));
  EXPECT_THAT(json_problem(tampered_json("\"median\": 1000.0", "\"median\": []")),
              HasSubstr("benchmarks[0].base.median: expected a number, found array"));
  EXPECT_THAT(json_problem(tampered_json("\"confirmed\": true", "\"confirmed\": 1")),
              HasSubstr("benchmarks[0].confirmed: expected true or false"));
  EXPECT_THAT(json_problem(tampered_json("\"collectors\": []", "\"collectors\": {}")),
              HasSubstr("collectors: expected an array, found object"));
  EXPECT_THAT(json_problem(tampered_json("\"warnings\": []", "\"warnings\": [null]")),
              HasSubstr("warnings[0]: expected a string, found null"));
  EXPECT_THAT(json_problem(tampered_json("\"acknowledged\": null", "\"acknowledged\": []")),
              HasSubstr("benchmarks[0].acknowledged: expected an object, found array"));
  EXPECT_THAT(json_problem(tampered_json("\"collectors\": []", "\"collectors\": [{}]")),
              HasSubstr("collectors[0].name: missing"));
  EXPECT_THAT(json_problem(tampered_json("\"profiles\": []",
                                         R"("profiles": [{"benchmark": "a", "note": "",
                                             "values": [{"collector": "c", "metric": 1}]}])")),
              HasSubstr("profiles[0].values[0].metric: expected a string"));
  EXPECT_THAT(json_problem(tampered_json("\"disturbed_pairs\": []",
                                         R"("disturbed_pairs": [{"first": 1, "last": -2}])")),
              HasSubstr("measurements[0].disturbed_pairs[0].last: expected an integer from 0"));
  EXPECT_THAT(json_problem("[]"), HasSubstr("the document: expected an object, found array"));
}

TEST(ReportJson, RefusesNumbersOutOfRange) {
  EXPECT_THAT(
      json_problem(tampered_json("\"pairs\": 12", "\"pairs\": -1")),
      HasSubstr(
          "benchmarks[0].pairs: expected an integer from 0 to 2147483647, found the integer -1"));
  EXPECT_THAT(json_problem(tampered_json("\"pairs\": 12", "\"pairs\": 18446744073709551615")),
              HasSubstr("benchmarks[0].pairs"));
  EXPECT_THAT(json_problem(tampered_json("\"pairs\": 12", "\"pairs\": 1.5")),
              HasSubstr("benchmarks[0].pairs"));
  EXPECT_THAT(json_problem(tampered_json("\"tier\": 3", "\"tier\": 5")),
              HasSubstr("benchmarks[0].tier"));
  EXPECT_THAT(json_problem(tampered_json("\"seed\": 42", "\"seed\": -42")),
              HasSubstr("seed: expected"));
  EXPECT_THAT(json_problem(tampered_json("\"run\": 0", "\"run\": -1")), HasSubstr("run: expected"));
  EXPECT_NE(json_problem(tampered_json("\"effect\": 0.051", "\"effect\": 1e999")), "");
}

TEST(ReportJson, RefusesUnknownWordsAndMissingFields) {
  EXPECT_THAT(
      json_problem(tampered_json("\"decision\": \"regressed\"", "\"decision\": \"fine\"")),
      HasSubstr("benchmarks[0].decision: unknown word; expected one of clear, regressed, improved, "
                "inconclusive, new, removed, failed"));
  EXPECT_THAT(json_problem(tampered_json("\"level\": \"fail\"", "\"level\": \"maybe\"")),
              HasSubstr("benchmarks[0].level: unknown word; expected one of fail, warn, off"));
  EXPECT_THAT(json_problem(tampered_json("\"verdict\"", "\"verdikt\"")),
              HasSubstr("verdict: missing"));
  EXPECT_THAT(json_problem(tampered_json("\"sha\"", "\"hash\"")), HasSubstr("base.sha: missing"));
}

TEST(ReportJson, RefusesANewerSchemaNamingBothVersions) {
  const std::string problem =
      json_problem(tampered_json("\"schema_version\": 1", "\"schema_version\": 2"));
  EXPECT_THAT(problem, HasSubstr("schema_version: 2 is newer than 1"));
  EXPECT_THAT(json_problem(tampered_json("\"schema_version\": 1", "\"schema_version\": 0")),
              HasSubstr("schema_version: expected"));
}

TEST(ReportJson, ReadsAReportWithoutTheFieldsThatAreOurExtras) {
  const std::string json =
      R"({"schema_version": 1, "verdict": "pass", "reason_code": "clear", "reason": "fine",
    "base": {"sha": "a", "ref": "main"}, "head": {"sha": "b", "ref": "HEAD"},
    "machine": {"cpu_model": "x", "cpus": 2, "kernel": "k", "fingerprint": "f"},
    "benchmarks": [], "stages": [], "collectors": [], "seconds": 41.2})";
  const Result<Report> report = report_from_json(json);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->machine.cpus, 2);
  EXPECT_EQ(report->seconds, 41.2);
}

TEST(ReportJson, RefusesTextThatIsNotJsonWithoutQuotingIt) {
  const std::string problem = json_problem("{\"verdict\": \"secret-token\" nonsense");
  EXPECT_THAT(problem, HasSubstr("not JSON at byte"));
  EXPECT_THAT(problem, Not(HasSubstr("secret")));
  EXPECT_NE(json_problem(""), "");
  EXPECT_NE(json_problem(std::string("\xff\xfe", 2)), "");
}

TEST(ReportJson, SurvivesDeepNestingManyKeysAndHugeFiles) {
  EXPECT_NE(json_problem(std::string(200'000, '[')), "");
  std::string nested(100'000, '[');
  nested.append(100'000, ']');
  EXPECT_THAT(json_problem(nested), HasSubstr("expected an object"));
  std::string keys = "{";
  for (int i = 0; i < 20'000; ++i) keys += "\"" + std::to_string(i) + "\":0,";
  EXPECT_THAT(json_problem(keys + "\"\":0}"), HasSubstr("schema_version: missing"));
  EXPECT_THAT(json_problem(std::string((32 << 20) + 1, ' ')), HasSubstr("larger than the limit"));
}

}  // namespace
}  // namespace melisai
