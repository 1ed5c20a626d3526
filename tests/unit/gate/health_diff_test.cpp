// Two host reports compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/gate/health/health.h"
#include "tests/golden/golden.h"
#include "tests/unit/gate/health_fixture.h"

namespace melisai::gate {
namespace {

using fixtures::host;
using testing::ElementsAre;
using testing::IsEmpty;

HostReport host_report(HostCategories categories) {
  HostReport made;
  made.metadata.tool = "melisai-gate";
  made.metadata.schema_version = kHostSchemaVersion;
  made.metadata.timestamp = "2026-11-21T10:00:00Z";
  made.categories = std::move(categories);
  made.summary.health_score = 100;
  return made;
}

HostReport with_use(const ResourceUse& use, const std::string& resource = "network") {
  HostReport made = host_report({});
  made.summary.resources[resource] = use;
  return made;
}

std::vector<std::string> change_words(const HostDiff& diff) {
  std::vector<std::string> all;
  for (const HostChange& each : diff.changes)
    all.push_back(each.category + " " + each.metric + " " + std::string(to_string(each.direction)) +
                  " " + std::string(to_string(each.significance)));
  return all;
}

HostReport with_cpu(const std::string& data) { return host_report(host("cpu_utilization", data)); }

TEST(HostComparison, OfEqualReportsIsEmpty) {
  const HostReport same = with_cpu(R"({"user_pct":50,"idle_pct":20})");
  const HostDiff diff = compare_hosts(same, same);
  EXPECT_THAT(diff.changes, IsEmpty());
  EXPECT_EQ(diff.health_delta, 0);
}

TEST(HostComparison, KnowsNoDifferenceFromAHostThatNobodySaw) {
  const HostReport seen = with_cpu(R"({"user_pct":50})");
  HostReport unseen = host_report({});
  unseen.summary.health_score.reset();
  EXPECT_EQ(compare_hosts(seen, unseen).health_delta, std::nullopt);
  EXPECT_EQ(compare_hosts(unseen, seen).health_delta, std::nullopt);
}

// Defect 1 of melisai: of reports that were read from files, nothing of the collectors was
// compared.
TEST(HostComparison, OfFilesIncludesWhatCollectorsSaid) {
  const auto from_file = [](const HostReport& made) {
    Result<HostReport> read = parse_host_report(to_json(made));
    EXPECT_TRUE(read);
    return read ? *read : HostReport{};
  };
  const HostDiff diff = compare_hosts(
      from_file(
          host_report(host({{"cpu_utilization", R"({"data":{"user_pct":10,"system_pct":10,
          "iowait_pct":10,"idle_pct":70,"load_avg_1":1,"context_switches_per_sec":1000}})"},
                            {"memory_info", R"({"data":{"total_bytes":100,"available_bytes":50,
          "major_faults":10}})"}}))),
      from_file(
          host_report(host({{"cpu_utilization", R"({"data":{"user_pct":40,"system_pct":11,
          "iowait_pct":10.4,"idle_pct":40,"load_avg_1":4,"context_switches_per_sec":900}})"},
                            {"memory_info", R"({"data":{"total_bytes":100,"available_bytes":20,
          "major_faults":12}})"}}))));
  EXPECT_THAT(
      change_words(diff),
      ElementsAre("cpu user_pct regression high", "cpu system_pct unchanged low",
                  "cpu iowait_pct unchanged low", "cpu idle_pct regression medium",
                  "cpu load_avg_1 regression high", "cpu context_switches_per_sec unchanged low",
                  "memory utilization_pct regression high", "memory major_faults unchanged low"));
  EXPECT_EQ(diff.regressions, 4);
  EXPECT_EQ(diff.improvements, 0);
  EXPECT_DOUBLE_EQ(diff.changes[0].delta, 30);
  EXPECT_DOUBLE_EQ(diff.changes[0].delta_pct.value(), 300);
}

// Defect 2 of melisai: 0 -> N had a change of 0 %, hence none.
TEST(HostComparison, FromNothingToSomethingIsARegressionWithoutPercentage) {
  const HostDiff diff = compare_hosts(with_use({10, 0, 0}), with_use({10, 0, 5}));
  ASSERT_THAT(change_words(diff), ElementsAre("network errors regression high"));
  EXPECT_FALSE(diff.changes[0].delta_pct);
  EXPECT_EQ(diff.changes[0].delta, 5);
  const HostDiff back = compare_hosts(with_use({10, 0, 5}), with_use({10, 0, 0}));
  ASSERT_THAT(change_words(back), ElementsAre("network errors improvement high"));
  EXPECT_DOUBLE_EQ(back.changes[0].delta_pct.value(), -100);
  EXPECT_THAT(
      change_words(compare_hosts(with_cpu(R"({"idle_pct":0})"), with_cpu(R"({"idle_pct":50})"))),
      ElementsAre("cpu idle_pct improvement high"));
  EXPECT_THAT(change_words(compare_hosts(with_use({10, 0, 0}), with_use({10, 0, 4}))),
              ElementsAre("network errors unchanged low"));
  // Less than what reports show.
  EXPECT_THAT(change_words(compare_hosts(with_use({10, 0, 0}), with_use({10, 0.09, 0}))),
              IsEmpty());
}

// Nothing is sent again in most seconds: that said of packets that an interface drops, too, that
// there are none in most seconds.
TEST(HostComparison, SeesWhatInterfacesLoseBesideWhatIsSentAgain) {
  const auto losing = [](std::int64_t errors, const std::string& resent) {
    HostReport made = with_use({10, 0, errors});
    made.categories = host("network_stats", R"({"tcp":{"retrans_rate_per_sec":)" + resent +
                                                R"(},"samples":{"retrans_rate_per_sec":{"n":10,
        "min":0,"p50":0,"p90":0.5,"max":300}}})");
    return made;
  };
  EXPECT_THAT(change_words(compare_hosts(losing(0, "0.1"), losing(4000, "0.1"))),
              ElementsAre("network errors regression high"));
  EXPECT_THAT(change_words(compare_hosts(losing(4000, "0.1"), losing(0, "0.1"))),
              ElementsAre("network errors improvement high"));
  EXPECT_THAT(change_words(compare_hosts(losing(0, "0"), losing(40, "40"))),
              ElementsAre("network errors unchanged low"))
      << "one burst of a window";
}

TEST(HostComparison, DirectionTakesPointsAndFivePercentAndSignificanceTwentyAndFifty) {
  const std::string memory = "container_memory";
  const auto word = [&](double from, double to) {
    const auto all =
        change_words(compare_hosts(with_use({from, 0, 0}, memory), with_use({to, 0, 0}, memory)));
    return all.empty() ? "" : all[0].substr((memory + " utilization ").size());
  };
  EXPECT_EQ(word(8, 8.07), "");
  EXPECT_EQ(word(8, 12.9), "unchanged low") << "+61 %, but less than 5 points";
  EXPECT_EQ(word(8, 13), "regression high");
  EXPECT_EQ(word(120, 126), "unchanged low") << "6 points, but only 5 %";
  EXPECT_EQ(word(50, 55), "regression low");
  EXPECT_EQ(word(55, 50), "improvement low");
  EXPECT_EQ(word(50, 59.9), "regression low");
  EXPECT_EQ(word(50, 60), "regression medium");
  EXPECT_EQ(word(50, 74.9), "regression medium");
  EXPECT_EQ(word(50, 75), "regression high");
  EXPECT_EQ(word(50, 25), "improvement high");
}

TEST(HostComparison, ReadsFaultsAsARateWhereBothKnowIt) {
  const auto memory = [](const std::string& data) {
    return host_report(host("memory_info", data));
  };
  EXPECT_THAT(
      change_words(compare_hosts(memory(R"({"major_faults":10,"major_faults_per_sec":1})"),
                                 memory(R"({"major_faults":60,"major_faults_per_sec":1})"))),
      IsEmpty());
  HostReport other = memory(R"({"major_faults":900000})");
  other.metadata.tool = "melisai";
  EXPECT_THAT(change_words(compare_hosts(other, memory(R"({"major_faults":3})"))), IsEmpty());
}

TEST(HostComparison, MatchesHistogramsByNameInOneUnit) {
  const auto histogram = [](const std::string& name, const std::string& unit,
                            const std::string& p99) {
    return host_report(host(
        {{"runqlat", R"({"histograms":[{"name":")" + name + R"(","unit":")" + unit +
                         R"(","total_count":500,"p50":)" + p99 + R"(,"p99":)" + p99 + "}]}"}}));
  };
  EXPECT_THAT(change_words(compare_hosts(histogram("runqlat", "us", "1000"),
                                         histogram("runqlat", "ms", "7"))),
              ElementsAre("histogram runqlat_p50 regression high",
                          "histogram runqlat_p99 regression high"));
  EXPECT_THAT(change_words(compare_hosts(histogram("runqlat", "us", "1000"),
                                         histogram("runqlat", "ms", "1"))),
              IsEmpty());
  EXPECT_THAT(
      change_words(compare_hosts(histogram("size", "bytes", "1"), histogram("size", "ms", "9"))),
      IsEmpty());
  EXPECT_THAT(change_words(compare_hosts(histogram("a", "us", "1"), histogram("b", "us", "9"))),
              IsEmpty());
}

TEST(HostComparison, PassesOverHistogramsThatNothingWasCountedIn) {
  const auto histogram = [](const std::string& count, const std::string& p99) {
    return host_report(host({{"runqlat", R"({"histograms":[{"name":"runqlat","unit":"us",)"
                                         R"("total_count":)" +
                                             count + R"(,"p99":)" + p99 + "}]}"}}));
  };
  EXPECT_THAT(change_words(compare_hosts(histogram("5", "8"), histogram("0", "0"))), IsEmpty());
  EXPECT_THAT(change_words(compare_hosts(histogram("0", "0"), histogram("5", "8"))), IsEmpty());
  EXPECT_THAT(change_words(compare_hosts(histogram("500", "90000"), histogram("500", "1"))),
              ElementsAre("histogram runqlat_p99 improvement high"));
  EXPECT_THAT(change_words(compare_hosts(histogram("499", "90000"), histogram("500", "1"))),
              IsEmpty())
      << "so few events have no tail";
}

TEST(HostComparison, NamesAnomaliesThatAreNewAndThoseThatAreGone) {
  const auto with = [](std::initializer_list<std::string> metrics) {
    HostReport made = host_report({});
    for (const std::string& metric : metrics) {
      Anomaly anomaly;
      anomaly.metric = metric;
      made.summary.anomalies.push_back(anomaly);
    }
    return made;
  };
  const HostDiff diff = compare_hosts(with({"a", "b"}), with({"b", "c", "c"}));
  ASSERT_EQ(diff.new_anomalies.size(), 1u);
  EXPECT_EQ(diff.new_anomalies[0].metric, "c");
  ASSERT_EQ(diff.resolved_anomalies.size(), 1u);
  EXPECT_EQ(diff.resolved_anomalies[0].metric, "a");
}

TEST(HostComparison, JsonMatchesTheGolden) {
  HostReport baseline = host_report(host("cpu_utilization", R"({"user_pct":10,"idle_pct":90})"));
  HostReport current = host_report(host("cpu_utilization", R"({"user_pct":97,"idle_pct":3})"));
  current.metadata.timestamp = "2026-11-21T11:00:00Z";
  for (HostReport* each : {&baseline, &current}) each->summary = analyse(each->categories, {});
  current.summary.resources["cpu"].errors = 5;
  golden::expect_golden("host/diff.json", to_json(compare_hosts(baseline, current)));
}

}  // namespace
}  // namespace melisai::gate
