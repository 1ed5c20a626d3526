// Every anomaly rule just below, at and above both levels; the levels are written down here a
// second time, from melisai's documentation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <sstream>

#include "core/gate/health/health.h"
#include "tests/unit/gate/health_fixture.h"

namespace melisai::gate {
namespace {

using fixtures::host;

/// How a collector says a value: `V` stands for it, `I` for 100 - value.
struct RuleCase {
  std::string metric;
  std::string category;
  double warning = 0;
  double critical = 0;
  std::string collector;
  std::string result;
  double scale = 1;  ///< what is said for 1 of the rule's unit
};

std::string data(const std::string& members) { return "{\"data\":{" + members + "}}"; }

std::string histogram(const std::string& name, const std::string& unit) {
  return R"({"histograms":[{"name":")" + name + R"(","unit":")" + unit +
         R"(","total_count":9,"p99":V,"max":1e9}]})";
}

constexpr const char* kCpuSays = "cpu_utilization";
constexpr const char* kMemorySays = "memory_info";
constexpr const char* kNetSays = "network_stats";

const std::vector<RuleCase> kRuleCases = {
    {"cpu_utilization", "cpu", 80, 95, kCpuSays, data(R"("idle_pct":I)")},
    {"cpu_iowait", "cpu", 10, 30, kCpuSays, data(R"("iowait_pct":V)")},
    {"load_average", "cpu", 2, 4, kCpuSays, data(R"("num_cpus":8,"load_avg_1":V)"), 8},
    {"runqlat_p99", "cpu", 10, 50, "runqlat", histogram("runqlat", "us"), 1000},
    {"cpu_psi_pressure", "cpu", 5, 25, kCpuSays, data(R"("psi_some_10":V)")},
    {"memory_utilization", "memory", 85, 95, kMemorySays,
     data(R"("total_bytes":100,"available_bytes":I)")},
    {"swap_usage", "memory", 10, 50, kMemorySays,
     data(R"("swap_total_bytes":2000,"swap_used_bytes":V)"), 20},
    {"memory_psi_pressure", "memory", 5, 25, kMemorySays, data(R"("psi_some_10":V)")},
    {"direct_reclaim_rate", "memory", 10, 1000, kMemorySays,
     data(R"("reclaim":{"direct_reclaim_rate":V,"pgscan_direct":1e6})")},
    {"compaction_stall_rate", "memory", 1, 100, kMemorySays,
     data(R"("reclaim":{"compact_stall_rate":V})")},
    {"thp_split_rate", "memory", 1, 100, kMemorySays, data(R"("reclaim":{"thp_split_rate":V})")},
    {"numa_miss_ratio", "memory", 5, 20, kMemorySays,
     data(R"("numa_nodes":[{"node":0,"miss_ratio":0.5},{"node":1,"miss_ratio":V},{"node":2}])")},
    {"cache_miss_ratio", "memory", 5, 15, "cachestat", data(R"("miss_ratio_pct":V)")},
    {"disk_utilization", "disk", 70, 90, "disk_stats",
     data(R"("devices":[{"name":"sda","utilization_pct":V},{"name":"sdb","utilization_pct":3}])")},
    {"disk_avg_latency", "disk", 5, 50, "disk_stats",
     data(R"("devices":[{"name":"sda"},{"name":"sdb","avg_latency_ms":V}])")},
    {"biolatency_p99_ssd", "disk", 5, 25, "biolatency", histogram("biolatency_ssd", "us"), 1000},
    {"biolatency_p99_hdd", "disk", 50, 200, "biolatency", histogram("biolatency_hdd", "ns"), 1e6},
    {"io_psi_pressure", "disk", 10, 50, "disk_stats", data(R"("psi_some_10":V)")},
    {"tcp_retransmits", "network", 10, 50, kNetSays,
     data(R"("tcp":{"retrans_rate_per_sec":V,"retrans_segs":1e6})")},
    {"tcp_timewait", "network", 5000, 20000, kNetSays, data(R"("tcp":{"time_wait_count":V})")},
    {"tcp_close_wait", "network", 1, 100, kNetSays, data(R"("tcp":{"close_wait_count":V})")},
    {"network_errors_per_sec", "network", 10, 100, kNetSays,
     data(R"("interfaces":[{"name":"eth0","errors_per_sec":V},
                             {"name":"eth1","errors_per_sec":1,"rx_errors":1e6}])")},
    {"conntrack_usage_pct", "network", 70, 90, kNetSays, data(R"("conntrack":{"usage_pct":V})")},
    {"softnet_dropped", "network", 1, 100, kNetSays, data(R"("softnet":{"drop_rate":V})")},
    {"softnet_time_squeeze", "network", 1, 100, kNetSays, data(R"("softnet":{"squeeze_rate":V})")},
    {"listen_overflows", "network", 1, 100, kNetSays,
     data(R"("tcp_ext":{"listen_overflow_rate":V,"listen_overflows":1e6})")},
    {"listen_queue_saturation", "network", 70, 90, kNetSays,
     data(R"("listen_sockets":[{"local_addr":"0.0.0.0:80","fill_pct":V},
                                 {"local_addr":"0.0.0.0:81","fill_pct":50}])")},
    {"nic_rx_discards", "network", 100, 10000, kNetSays,
     data(R"("interfaces":[{"name":"eth0","rx_discards":V},{"name":"eth1","rx_discards":1}])")},
    {"tcp_abort_on_memory", "network", 0.1, 1, kNetSays,
     data(R"("tcp_ext":{"tcp_abort_mem_rate":V})")},
    {"tcp_rcvq_drop", "network", 1, 100, kNetSays, data(R"("tcp_ext":{"tcp_rcvq_drop_rate":V})")},
    {"tcp_zero_window_drop", "network", 1, 50, kNetSays,
     data(R"("tcp_ext":{"tcp_zero_window_drop_rate":V})")},
    {"udp_rcvbuf_errors", "network", 1, 100, kNetSays, data(R"("udp":{"rcvbuf_err_rate":V})")},
    // 1,000 packets in the 10 s of the fixture: 100 a second.
    {"irq_imbalance", "network", 5, 20, kNetSays,
     data(R"("softnet":{"irq_distribution":[{"cpu":0,"net_rx_delta":V},
                                              {"cpu":1,"net_rx_delta":1000}]})"),
     1000},
    {"dns_latency_p99", "network", 50, 200, "gethostlatency", histogram("gethostlatency", "ms")},
    {"cpu_throttling", "container", 100, 1000, "container_info",
     data(R"("runtime":"docker","cpu_throttled_periods":V)")},
    {"container_memory_usage", "container", 80, 95, "container_info",
     data(R"("memory_limit_bytes":1000,"memory_usage_bytes":V)"), 10},
};

HostCategories said(const RuleCase& row, double value) {
  const auto text = [](double number) {
    std::ostringstream out;
    out.precision(15);
    out << number;
    return out.str();
  };
  const std::string result = fixtures::replaced(row.result, "V", text(value * row.scale));
  return host({{row.collector, fixtures::replaced(result, "I", text(100 - value))}});
}

/// "critical", "warning" or "" for the metric of this row; the other rules must be silent.
std::string severity(const RuleCase& row, double value, const HealthPolicy& policy = {}) {
  const std::vector<Anomaly> anomalies = anomalies_of(said(row, value), policy);
  if (anomalies.empty()) return "";
  EXPECT_EQ(anomalies.size(), 1u) << anomalies.back().metric;
  EXPECT_EQ(anomalies[0].metric, row.metric);
  EXPECT_EQ(anomalies[0].category, row.category);
  EXPECT_NEAR(anomalies[0].value, value, 1e-6 * value);
  return std::string(to_string(anomalies[0].severity));
}

class AnomalyRules : public testing::TestWithParam<RuleCase> {};

TEST_P(AnomalyRules, FireAtTheirLevelsAndNotBelow) {
  const RuleCase& row = GetParam();
  for (const double below : {0.999, 0.5, 0.0}) {
    if (row.metric == "irq_imbalance" && below == 0.0) continue;  // a ratio, from 1
    EXPECT_EQ(severity(row, row.warning * below), "") << below;
  }
  EXPECT_EQ(severity(row, row.warning), "warning");
  EXPECT_EQ(severity(row, row.warning * 1.001), "warning");
  EXPECT_EQ(severity(row, row.critical * 0.999), "warning");
  EXPECT_EQ(severity(row, row.critical), "critical");
  EXPECT_EQ(severity(row, row.critical * 1.001), "critical");
}

TEST_P(AnomalyRules, FollowThePolicy) {
  const RuleCase& row = GetParam();
  const HealthPolicy policy{
      .levels = {{row.metric, row.critical * 1.01, row.critical * 1.02}, {"another", 0, 0}}};
  EXPECT_EQ(severity(row, row.critical, policy), "");
  EXPECT_EQ(severity(row, row.critical * 1.015, policy), "warning");
  EXPECT_EQ(severity(row, row.critical * 1.02, policy), "critical");
}

TEST_P(AnomalyRules, AreInTheTableOnceWithTheLevelsOfThePage) {
  const RuleCase& row = GetParam();
  int found = 0;
  for (const AnomalyRule& rule : anomaly_rules()) {
    if (rule.metric != row.metric) continue;
    ++found;
    EXPECT_EQ(rule.category, row.category);
    EXPECT_EQ(rule.warning, row.warning);
    EXPECT_EQ(rule.critical, row.critical);
    EXPECT_FALSE(rule.title.empty());
    EXPECT_FALSE(rule.source.empty());
  }
  EXPECT_EQ(found, 1);
}

INSTANTIATE_TEST_SUITE_P(All, AnomalyRules, testing::ValuesIn(kRuleCases),
                         [](const auto& test) { return test.param.metric; });

TEST(AnomalyRule, TheTableHoldsThirtySevenThatAreAllTestedHere) {
  std::set<std::string> tested{"gpu_nic_cross_numa"};  // both levels are 1: below
  for (const RuleCase& row : kRuleCases) tested.insert(row.metric);
  EXPECT_EQ(anomaly_rules().size(), 37u);
  EXPECT_EQ(tested.size(), 37u);
}

TEST(AnomalyRule, GpuAndCardOnDifferentNodesAreCriticalFromOnePair) {
  EXPECT_THAT(anomalies_of(host("gpu_pcie", R"({"gpus":[{}],"cross_numa_pairs":[]})"), {}),
              testing::IsEmpty());
  const auto found = anomalies_of(host("gpu_pcie", R"({"cross_numa_pairs":[{"gpu":0}]})"), {});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].metric, "gpu_nic_cross_numa");
  EXPECT_EQ(found[0].severity, Severity::critical);
  EXPECT_EQ(found[0].value, 1);
}

TEST(AnomalyRule, NothingIsSaidOfWhatNobodyRead) {
  EXPECT_THAT(anomalies_of({}, {}), testing::IsEmpty());
  for (const RuleCase& row : kRuleCases) {
    EXPECT_THAT(anomalies_of(host(row.collector, "{}"), {}), testing::IsEmpty());
    // Of another type: no number, and not 0.
    EXPECT_THAT(
        anomalies_of(host(row.collector, R"({"devices":3,"tcp":[],"psi_some_10":"99"})"), {}),
        testing::IsEmpty());
  }
}

TEST(AnomalyRule, CountsSinceTheBootAreNoAnomaly) {
  const auto anomalies =
      anomalies_of(host("network_stats",
                        R"({"tcp":{"retrans_segs":9000000},"softnet":{"stats":[{"dropped":5000}]},
           "tcp_ext":{"listen_overflows":7000,"prune_called":5},"udp":{"rcvbuf_errors":800}})"),
                   {});
  EXPECT_THAT(anomalies, testing::IsEmpty());
}

// The unit of a histogram counts, whatever the tool's usual one.
TEST(AnomalyRule, HistogramsSayTheirUnit) {
  const auto runqlat = [](const std::string& unit, const std::string& p99) {
    return anomalies_of(host({{"runqlat", R"({"histograms":[{"name":"runqlat","unit":")" + unit +
                                              R"(","total_count":3,"p99":)" + p99 + "}]}"}}),
                        {});
  };
  EXPECT_THAT(runqlat("us", "15"), testing::IsEmpty());
  ASSERT_EQ(runqlat("ms", "15").size(), 1u);
  EXPECT_EQ(runqlat("ms", "15")[0].value, 15);
  ASSERT_EQ(runqlat("ns", "15e6").size(), 1u);
  EXPECT_EQ(runqlat("ns", "15e6")[0].value, 15);
  EXPECT_THAT(runqlat("bytes", "1e9"), testing::IsEmpty());
}

TEST(AnomalyRule, HistogramsThatSawNothingAreNoAnomaly) {
  EXPECT_THAT(
      anomalies_of(
          host({{"runqlat", R"({"histograms":[{"name":"runqlat","unit":"ms","p99":90}]})"}}), {}),
      testing::IsEmpty());
}

TEST(AnomalyRule, DisksOfUnknownKindTriggerNeitherLatencyRule) {
  EXPECT_THAT(anomalies_of(host({{"biolatency",
                                  R"({"histograms":[{"name":"biolatency","unit":"ms",
                                      "total_count":3,"p99":900}]})"}}),
                           {}),
              testing::IsEmpty());
}

TEST(AnomalyRule, FewPacketsOnOneCpuAreNoImbalance) {
  const auto two_cpus = [](const std::string& first, const std::string& second) {
    return anomalies_of(host("network_stats", R"({"softnet":{"irq_distribution":[
        {"cpu":0,"net_rx_delta":)" + first + R"(},{"cpu":1,"net_rx_delta":)" +
                                                  second + "}]}}"),
                        {});
  };
  EXPECT_THAT(two_cpus("999", "0"), testing::IsEmpty());  // 99.9 a second
  ASSERT_EQ(two_cpus("1000", "0").size(), 1u);
  EXPECT_EQ(two_cpus("1000", "0")[0].value, 100);
  EXPECT_THAT(
      anomalies_of(host("network_stats",
                        R"({"softnet":{"irq_distribution":[{"cpu":0,"net_rx_delta":90000}]}})"),
                   {}),
      testing::IsEmpty());
}

TEST(AnomalyRule, FewPagesThatAreReadSayNothingOfTheCache) {
  const auto missed = [](const std::string& pages) {
    return anomalies_of(host("cachestat", R"({"miss_ratio_pct":100,"read_pages":)" + pages + "}"),
                        {});
  };
  EXPECT_THAT(missed("999"), testing::IsEmpty());
  ASSERT_EQ(missed("1000").size(), 1u);
  EXPECT_EQ(missed("1000")[0].metric, "cache_miss_ratio");
}

TEST(AnomalyRule, MessageNamesTheDeviceTheValueAndTheLevel) {
  const auto found = anomalies_of(
      host("disk_stats", R"({"devices":[{"name":"sda","utilization_pct":96.5}]})"), {});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].message, "disk utilization of sda: 96.5 %, critical from 90 %");
}

}  // namespace
}  // namespace melisai::gate
