#include "core/model/host_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/golden/golden.h"

namespace melisai {
namespace {

using ::testing::HasSubstr;

/// Every field away from its default.
HostReport full_report() {
  HostReport report;
  report.metadata = {.tool = "melisai-gate",
                     .version = "1.0.0",
                     .schema_version = "1.1.0",
                     .hostname = "builder",
                     .timestamp = "2026-11-21T10:00:00Z",
                     .duration = "10s",
                     .window_seconds = 10.25,
                     .profile = "quick",
                     .focus_areas = {"cpu"},
                     .kernel_version = "6.1.0",
                     .arch = "x86_64",
                     .cpus = 8,
                     .memory_gb = 16,
                     .capabilities = {"procfs"},
                     .container_env = "docker",
                     .cgroup_version = 2,
                     .observer_overhead = ObserverOverhead{1, {2, 3}, 4, 5, 6, 7, 8, 9, 10},
                     .interrupted = true,
                     .target = HostTarget{"make bench", "exit code 3", 3, 77, "make", "/build", 1.5,
                                          0.75, 50, 1000, 2000, 3000, 4000, 5, 6}};
  report.system = *HostData::parse(R"({"os":"Debian","kernel":"6.1.0","uptime_seconds":7})");
  HostResult result{
      .collector = "cpu_utilization",
      .category = "cpu",
      .tier = 2,
      .start_time = "2026-11-21T10:00:00Z",
      .end_time = "2026-11-21T10:00:10Z",
      .data = *HostData::parse(R"({"user_pct":12.5,"idle_pct":80,"names":["b","a"]})"),
      .errors = {"no pressure files"},
      .truncated = true};
  result.histograms.push_back(
      {"runqlat", "us", {{0, 1, 3}, {2, 2.5, 1}}, 4, 0.5, 1, 2, 3, 4, 0.75});
  result.events.push_back({"10:00:01", 7, "sh", *HostData::parse(R"({"saddr":"::1","bytes":9})")});
  result.stacks.push_back({"main;run", 3, "on-cpu"});
  report.categories["cpu"] = {result};
  report.categories["disk"] = {};
  HostSummary& summary = report.summary;
  summary.health_score = 68;
  summary.deductions = {{"cpu utilization 98 %", 22}};
  summary.anomalies = {
      {Severity::critical, "network", "tcp_abort_on_memory", "too many", 1.25, 0.1, 1},
      {Severity::warning, "network", "tcp_timewait", "many", 6000, 5000, 20000}};
  summary.resources["cpu"] = {98, 1.5, 2};
  summary.recommendations = {{"somaxconn_small",
                              1,
                              "network",
                              "optimization",
                              "Longer queues",
                              {"sysctl -w 'a=1'"},
                              {"echo"},
                              "fewer refusals",
                              "somaxconn = 128",
                              "listen(2)",
                              32,
                              {"listen_overflows"}}};
  return report;
}

std::string report_problem(const std::string& json) {
  const Result<HostReport> parsed = parse_host_report(json);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code, Errc::parse);
  return parsed.error().message;
}

std::string tampered_report(const std::string& from, const std::string& to) {
  std::string json = to_json(full_report());
  const std::size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? json : json.replace(at, from.size(), to);
}

TEST(HostReport, MatchesTheGolden) {
  golden::expect_golden("host/report.json", to_json(full_report()));
}

TEST(HostReport, RoundTripsEveryField) {
  const Result<HostReport> again = parse_host_report(to_json(full_report()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again == full_report()) << to_json(*again);
  EXPECT_EQ(to_json(*again), to_json(full_report()));
  HostReport bare;
  bare.metadata.schema_version = kHostSchemaVersion;
  const Result<HostReport> bare_again = parse_host_report(to_json(bare));
  ASSERT_TRUE(bare_again) << bare_again.error().message;
  EXPECT_TRUE(*bare_again == bare);
}

TEST(HostReport, AScoreThatIsNotKnownIsNull) {
  const std::string json = tampered_report(R"("health_score": 68)", R"("health_score": null)");
  const Result<HostReport> unseen = parse_host_report(json);
  ASSERT_TRUE(unseen) << unseen.error().message;
  EXPECT_EQ(unseen->summary.health_score, std::nullopt);
  EXPECT_EQ(to_json(*unseen), json);
}

// Levels below 1 were shown as 0 by melisai.
TEST(HostReport, WritesValuesWithTwoDecimalsAndLevelsAsTheyAre) {
  const std::string json = to_json(full_report());
  EXPECT_THAT(json, HasSubstr(R"("value": "1.25")"));
  EXPECT_THAT(json, HasSubstr(R"("threshold": "warning=0.1, critical=1")"));
  EXPECT_THAT(json, HasSubstr(R"("threshold": "warning=5000, critical=20000")"));
}

// As Go writes it: lists that hold nothing are null, unknown fields and older ones are there.
TEST(HostReport, ReadsThoseOfMelisai) {
  const Result<HostReport> report = parse_host_report(R"({
    "metadata":{"tool":"melisai","schema_version":"1.0.0","focus_areas":null,"cpus":4,
                "observer_overhead":{"self_pid":9,"child_pids":null,"cpu_user_ms":3}},
    "system":{"os":"x"},
    "categories":{"disk":null,"cpu":[
      {"collector":"runqlat","category":"cpu","tier":2,"data":null,"errors":null},
      {"collector":"cpu_utilization","category":"cpu","tier":1,"data":{"user_pct":5}}]},
    "summary":{"health_score":90,"hotspots":null,
      "anomalies":[{"severity":"warning","category":"cpu",
        "metric":"load_average","message":"m","value":"2.50","threshold":"warning=2, critical=4"}],
      "resources":{"cpu":{"utilization_pct":50,"saturation_pct":0,"errors":0}},
      "recommendations":[{"priority":1,"category":"cpu","title":"t","commands":null}]},
    "ai_context":{"prompt":"p","known_patterns":[]}})");
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->categories.at("cpu").size(), 2u);
  EXPECT_EQ(report->categories.at("cpu")[0].collector, "cpu_utilization");
  EXPECT_EQ(report->categories.at("cpu")[0].data.number("user_pct"), 5);
  EXPECT_EQ(report->summary.anomalies.at(0).value, 2.5);
  EXPECT_EQ(report->summary.anomalies.at(0).warning, 2);
  EXPECT_EQ(report->summary.anomalies.at(0).critical, 4);
  EXPECT_EQ(report->metadata.observer_overhead->cpu_user_ms, 3);
}

TEST(HostReport, ReadsNumbersWhereTextsStandToday) {
  const Result<HostReport> report =
      parse_host_report(tampered_report(R"("value": "1.25")", R"("value": 3.5)"));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->summary.anomalies.at(0).value, 3.5);
}

TEST(HostReport, NamesWhatIsMissingOrWrong) {
  EXPECT_THAT(report_problem("{}"), HasSubstr("metadata: missing"));
  EXPECT_THAT(report_problem(tampered_report(R"("collector": "cpu_utilization",)", "")),
              HasSubstr("categories.cpu[0].collector: missing"));
  EXPECT_THAT(
      report_problem(tampered_report(R"("collector": "cpu_utilization")", R"("collector": 5)")),
      HasSubstr("categories.cpu[0].collector: expected a string"));
  EXPECT_THAT(report_problem(tampered_report(R"("health_score": 68)", R"("health_score": 101)")),
              HasSubstr("summary.health_score"));
  EXPECT_THAT(report_problem(tampered_report(R"("severity": "critical")", R"("severity": "bad")")),
              HasSubstr("summary.anomalies[0].severity"));
  EXPECT_THAT(report_problem(tampered_report(R"("child_pids": [)", R"("child_pids": ["x",)")),
              HasSubstr("child_pids[0]: expected an integer"));
  EXPECT_THAT(
      report_problem(tampered_report(R"("utilization_pct": 98.0)", R"("utilization_pct": "98")")),
      HasSubstr("summary.resources.cpu.utilization_pct"));
  EXPECT_THAT(report_problem(
                  tampered_report(R"("schema_version": "1.1.0")", R"("schema_version": "2.0.0")")),
              HasSubstr("'2.0.0' cannot be read"));
  EXPECT_THAT(report_problem("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(report_problem("{"), HasSubstr("not JSON at byte"));
}

// Cut at any byte, it is refused or read, and nothing else happens.
TEST(HostReport, SurvivesBeingCutAnywhere) {
  const std::string json = to_json(full_report());
  for (std::size_t i = 0; i + 2 < json.size(); ++i)
    EXPECT_FALSE(parse_host_report(json.substr(0, i))) << i;
}

}  // namespace
}  // namespace melisai
