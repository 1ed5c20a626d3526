// Use of resources and the score made of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/gate/health/health.h"
#include "tests/unit/gate/health_fixture.h"

namespace melisai::gate {
namespace {

using fixtures::host;
using testing::ElementsAre;
using testing::IsEmpty;

Anomaly made_anomaly(const std::string& metric, Severity severity) {
  Anomaly made;
  made.metric = metric;
  made.severity = severity;
  return made;
}

std::vector<std::string> deduction_reasons(const Score& score) {
  std::vector<std::string> all;
  for (const Deduction& each : score.deductions)
    all.push_back(each.reason + ": " + std::to_string(each.points));
  return all;
}

TEST(HealthScore, IsFullWithoutAnything) {
  EXPECT_EQ(health_score({}, {}).health_score, 100);
  EXPECT_THAT(health_score({{"cpu", {69.9, 1, 0}}, {"network", {}}}, {}).deductions, IsEmpty());
}

TEST(HealthScore, TakesFiveForAWarningAndTenForACriticalAnomaly) {
  const Score score = health_score(
      {}, {made_anomaly("a", Severity::warning), made_anomaly("b", Severity::warning),
           made_anomaly("c", Severity::warning), made_anomaly("d", Severity::critical)});
  EXPECT_EQ(score.health_score, 75);
  EXPECT_THAT(deduction_reasons(score),
              ElementsAre("warning anomaly a: 5", "warning anomaly b: 5", "warning anomaly c: 5",
                          "critical anomaly d: 10"));
}

TEST(HealthScore, OfABusyCpuIsThePublishedOne) {
  EXPECT_EQ(health_score({{"cpu", {98, 0, 0}}}, {}).health_score, 78);
  EXPECT_EQ(
      health_score({{"cpu", {98, 0, 0}}}, {made_anomaly("cpu_utilization", Severity::critical)})
          .health_score,
      68);
  EXPECT_EQ(
      health_score({{"cpu", {98, 220, 0}}}, {made_anomaly("cpu_utilization", Severity::critical),
                                             made_anomaly("load_average", Severity::warning)})
          .health_score,
      41);
}

// Defect 9 of melisai: kept, because scores are compared, but no longer silent.
TEST(HealthScore, SaysWhenOneCauseCostsTwice) {
  EXPECT_THAT(
      deduction_reasons(health_score({{"cpu", {98.25, 0, 0}}},
                                     {made_anomaly("cpu_utilization", Severity::critical),
                                      made_anomaly("load_average", Severity::warning)})),
      ElementsAre("cpu utilization 98.25 %: 22",
                  "critical anomaly cpu_utilization, the cause of cpu utilization as well: 10",
                  "warning anomaly load_average: 5"));
}

struct Step {
  std::string resource;
  ResourceUse use;
  int points = 0;
};

TEST(HealthScore, CutsPointsByWeightAtEachStep) {
  const std::vector<Step> steps = {
      {"cpu", {69.99, 0, 0}, 0},         {"cpu", {70, 0, 0}, 4},
      {"cpu", {84.99, 0, 0}, 4},         {"cpu", {85, 0, 0}, 12},
      {"cpu", {94.99, 0, 0}, 12},        {"cpu", {95, 0, 0}, 22},
      {"memory", {0, 1, 0}, 0},          {"memory", {0, 1.01, 0}, 4},
      {"memory", {0, 10, 0}, 4},         {"memory", {0, 10.01, 0}, 12},
      {"memory", {0, 50, 0}, 12},        {"memory", {0, 50.01, 0}, 22},
      {"container_cpu", {95, 0, 0}, 18}, {"container_memory", {85, 0, 0}, 9},
      {"container_cpu", {0, 1.5, 0}, 3}, {"disk", {95, 0, 0}, 15},
      {"network", {0, 0, 1}, 2},         {"network", {0, 0, 100}, 2},
      {"network", {0, 0, 101}, 5},       {"network", {0, 0, 1000}, 5},
      {"network", {0, 0, 1001}, 10},     {"something", {95, 0, 0}, 7},
      {"something", {0, 0, 1}, 1},       {"disk", {0, 0, 1}, 2},
  };
  for (const Step& step : steps)
    EXPECT_EQ(health_score({{step.resource, step.use}}, {}).health_score, 100 - step.points)
        << step.resource << " " << step.use.utilization_pct << " " << step.use.saturation_pct << " "
        << step.use.errors;
}

TEST(HealthScore, EndsAtZeroAndListsEverything) {
  const Score score =
      health_score({}, std::vector<Anomaly>(15, made_anomaly("a", Severity::critical)));
  EXPECT_EQ(score.health_score, 0);
  EXPECT_EQ(score.deductions.size(), 15u);
}

TEST(Resources, AreThoseThatWereSeen) {
  EXPECT_THAT(resources_of({}), IsEmpty());
  EXPECT_THAT(resources_of(host("cpu_utilization", R"({"load_avg_1":3})")), IsEmpty());
  EXPECT_THAT(resources_of(host("container_info", R"({"runtime":"none","cpu_quota":50000,
                  "cpu_period":100000})")),
              IsEmpty());
  EXPECT_THAT(resources_of(host("container_info", R"({"runtime":"docker"})")), IsEmpty());
}

TEST(Resources, OfCpuMemoryAndContainers) {
  const auto use = resources_of(host({
      {"cpu_utilization", R"({"data":{"idle_pct":12.5,"load_avg_1":6,"num_cpus":4}})"},
      {"memory_info", R"({"data":{"total_bytes":1000,"available_bytes":250,
                                  "swap_total_bytes":400,"swap_used_bytes":100}})"},
      // In 100 periods of 0.1 s with 0.05 s allowed in each, 1 s was refused.
      {"container_info", R"({"data":{"runtime":"kubernetes","cpu_quota":50000,"cpu_period":100000,
          "cpu_periods":100,"cpu_throttled_periods":30,"cpu_throttled_time_us":1000000,
          "memory_limit_bytes":800,"memory_usage_bytes":200}})"},
  }));
  EXPECT_EQ(use.at("cpu"), (ResourceUse{87.5, 50, 0}));
  EXPECT_EQ(use.at("memory"), (ResourceUse{75, 25, 0}));
  EXPECT_EQ(use.at("container_cpu"), (ResourceUse{20, 30, 0}));
  EXPECT_EQ(use.at("container_memory"), (ResourceUse{25, 0, 0}));
  EXPECT_EQ(use.size(), 4u);
}

TEST(Resources, WhatWasHeldWithinTheWindowCountsAlsoWhenItEndedWithoutIt) {
  const HostCategories categories = host(
      {{"memory_info", R"({"data":{"total_bytes":100,"available_bytes":90,"swap_total_bytes":100,)"
                       R"("swap_used_bytes":5,"samples":{"available_bytes":{"min":20,"max":95},)"
                       R"("swap_used_bytes":{"min":0,"max":60}}}})"},
       {"network_stats",
        R"({"data":{"tcp":{"close_wait_count":0},"samples":{"close_wait_count":{"max":150}}}})"}});
  EXPECT_EQ(resources_of(categories).at("memory").utilization_pct, 80);
  EXPECT_EQ(resources_of(categories).at("memory").saturation_pct, 60);
  const std::vector<Anomaly> anomalies = anomalies_of(categories, {});
  const auto leak = std::find_if(anomalies.begin(), anomalies.end(), [](const Anomaly& anomaly) {
    return anomaly.metric == "tcp_close_wait";
  });
  ASSERT_NE(leak, anomalies.end());
  EXPECT_EQ(leak->value, 150);
  EXPECT_EQ(leak->severity, Severity::critical);
}

TEST(Resources, ALoadBelowTheCpusIsNoSaturation) {
  const auto use =
      resources_of(host("cpu_utilization", R"({"idle_pct":0,"load_avg_1":3,"num_cpus":4})"));
  EXPECT_EQ(use.at("cpu"), (ResourceUse{100, 0, 0}));
}

// Defect 7 of melisai: counts against levels in percent.
TEST(Resources, QueuesOfDisksAreMeasuredAgainstTheirDepth) {
  const auto use = resources_of(host("disk_stats", R"({"devices":[
      {"name":"sda","utilization_pct":40,"avg_in_flight":64,"queue_depth":256},
      {"name":"sdb","utilization_pct":90,"avg_in_flight":2,"queue_depth":256},
      {"name":"sdc","utilization_pct":1,"avg_in_flight":900}]})"));
  EXPECT_EQ(use.at("disk"), (ResourceUse{90, 25, 0}));
}

TEST(Resources, DyingConnectionsAreMeasuredAgainstTheirLimit) {
  const std::string tcp = R"("tcp":{"time_wait_count":48,"close_wait_count":3})";
  const auto limited = resources_of(
      host("network_stats", "{" + tcp + R"(,"sysctls":{"tcp_max_tw_buckets":65536}})"));
  EXPECT_NEAR(limited.at("network").saturation_pct, 100.0 * 51 / 65536, 1e-9);
  EXPECT_EQ(health_score(limited, {}).health_score, 100);
  const auto unknown = resources_of(host("network_stats", "{" + tcp + "}"));
  EXPECT_EQ(unknown.at("network").saturation_pct, 0);
}

TEST(Resources, ANetworkIsUsedByItsBusiestDirection) {
  const auto use = resources_of(host("network_stats", R"({"interfaces":[
      {"name":"eth0","speed_mbps":1000,"rx_bytes_per_sec":50000000,"tx_bytes_per_sec":1,
       "errors_per_sec":2.2},
      {"name":"eth1","speed_mbps":10000,"rx_bytes_per_sec":1,"tx_bytes_per_sec":60000000,
       "errors_per_sec":1},
      {"name":"veth0","rx_bytes_per_sec":9e12}],"tcp":{"retrans_rate_per_sec":0.4}})"));
  EXPECT_EQ(use.at("network"), (ResourceUse{40, 0, 4}));  // 3.6 errors a second, rounded
}

TEST(Analyse, ClaimsNoHealthWhereNothingWasSeen) {
  EXPECT_EQ(analyse({}, {}).health_score, std::nullopt);
  EXPECT_EQ(analyse(host("system_info", R"({"os":"Debian"})"), {}).health_score, std::nullopt);
  EXPECT_EQ(analyse(host("network_stats", R"({"tcp":{}})"), {}).health_score, 100);
  // An anomaly of what is no resource is seen too.
  EXPECT_EQ(analyse(host("container_info", R"({"cpu_throttled_periods":150})"), {}).health_score,
            95);
}

TEST(Analyse, PutsEverythingTogether) {
  const HostSummary summary =
      analyse(host("cpu_utilization", R"({"idle_pct":2,"load_avg_1":10,"num_cpus":4})"), {});
  EXPECT_EQ(summary.health_score, 100 - 22 - 22 - 10 - 5);
  EXPECT_EQ(summary.deductions.size(), 4u);
  EXPECT_EQ(summary.anomalies.size(), 2u);
  EXPECT_EQ(summary.resources.size(), 1u);
  ASSERT_EQ(summary.recommendations.size(), 1u);
  EXPECT_EQ(summary.recommendations[0].id, "load_high");
}

}  // namespace
}  // namespace melisai::gate
