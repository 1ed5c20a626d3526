// Every piece of advice: what gives it, what just does not, and what it says to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/gate/health/advice.h"
#include "core/gate/health/health.h"
#include "tests/unit/gate/health_advice_cases.h"
#include "tests/unit/gate/health_fixture.h"

namespace melisai::gate {
namespace {

using fixtures::host;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> advice_ids(const HostCategories& categories) {
  std::vector<std::string> all;
  for (const Recommendation& each : recommendations_of(categories)) all.push_back(each.id);
  return all;
}

class Advice : public testing::TestWithParam<AdviceCase> {};

TEST_P(Advice, IsGivenWhenItsConditionIsMet) {
  const AdviceCase& row = GetParam();
  const auto advice = recommendations_of(host(row.collector, row.met));
  ASSERT_EQ(advice.size(), 1u) << testing::PrintToString(advice_ids(host(row.collector, row.met)));
  EXPECT_EQ(advice[0].id, row.id);
  EXPECT_EQ(advice[0].category, row.category);
  EXPECT_EQ(advice[0].type, row.type);
  EXPECT_THAT(advice[0].commands, Contains(row.command));
  EXPECT_EQ(advice[0].priority, 1);
  EXPECT_GE(advice[0].badness, 1) << "where a condition begins";
  EXPECT_FALSE(advice[0].title.empty());
  EXPECT_FALSE(advice[0].evidence.empty());
  EXPECT_FALSE(advice[0].expected_impact.empty());
  EXPECT_FALSE(advice[0].source.empty());
}

TEST_P(Advice, IsNotGivenJustOutsideItsCondition) {
  const AdviceCase& row = GetParam();
  for (const std::string& data : row.not_met)
    EXPECT_THAT(advice_ids(host(row.collector, data)), Not(Contains(row.id))) << data;
}

INSTANTIATE_TEST_SUITE_P(All, Advice, testing::ValuesIn(advice_cases()), [](const auto& test) {
  return test.param.id.substr(0, test.param.id.find('.'));
});

TEST(AdviceTable, ThirtyFiveConditionsAndOursAreTested) {
  std::set<std::string> tested{"huge_pages_split"};  // never alone: below
  for (const AdviceCase& row : advice_cases()) tested.insert(row.id);
  EXPECT_EQ(tested.size(), 35u + kOwnCases.size());
}

TEST(AdviceTable, HugePagesThatAreSplitGiveAdviceBesideTheSetting) {
  const auto with = [](const std::string& enabled, const std::string& rate) {
    return advice_ids(host("memory_info", R"({"thp_enabled":")" + enabled +
                                              R"(","reclaim":{"thp_split_rate":)" + rate + "}}"));
  };
  EXPECT_THAT(with("always", "1.1"), ElementsAre("huge_pages_split", "huge_pages_always"));
  EXPECT_THAT(with("always", "1"), ElementsAre("huge_pages_always"));
  EXPECT_THAT(with("madvise", "50"), IsEmpty());
}

// Defect 10 of melisai: a setting that the kernel does not have read as 0.
TEST(AdviceTable, MissingSettingsGiveNoAdvice) {
  EXPECT_THAT(advice_ids({}), IsEmpty());
  EXPECT_THAT(advice_ids(host({{"cpu_utilization", "{}"},
                               {"memory_info", "{}"},
                               {"disk_stats", R"({"data":{"devices":[{"name":"sda"}]}})"},
                               {"network_stats",
                                R"({"data":{"sysctls":{},"interfaces":[{"name":"eth0"}]}})"}})),
              IsEmpty());
}

// Whoever reads it from the top begins with what hurts.
TEST(AdviceTable, WhatAnswersAnAnomalyComesFirstAndTuningLast) {
  const auto advice =
      analyse(host({{"cpu_utilization", R"({"data":{"load_avg_1":9,"num_cpus":4}})"},
                    {"memory_info", R"({"data":{"swappiness":60,"swap_used_bytes":1}})"},
                    {"network_stats", R"({"data":{"tcp":{"retrans_rate_per_sec":60},
                        "sysctls":{"tcp_fastopen":0,"congestion_control":"cubic"}}})"}}),
              {})
          .recommendations;
  std::vector<std::string> order;
  for (const Recommendation& each : advice) order.push_back(each.id);
  EXPECT_THAT(order, ElementsAre("retransmits", "congestion_control_not_bbr", "load_high",
                                 "swapping_early", "fast_open_off"));
  EXPECT_THAT(advice[0].answers, ElementsAre("tcp_retransmits"));
  EXPECT_THAT(advice[2].answers, ElementsAre("load_average"));
  EXPECT_THAT(advice[3].answers, IsEmpty());
  for (std::size_t i = 0; i < advice.size(); ++i) {
    EXPECT_EQ(advice[i].priority, static_cast<int>(i) + 1);
    EXPECT_EQ(is_tuning(advice[i]), i == 4) << advice[i].id;
  }
}

TEST(AdviceTable, AnswersNameAnomaliesThatThereAre) {
  std::size_t answers = 0;
  for (const auto& table :
       {cpu_memory_advice(), tcp_advice(), queue_advice(), tuning_advice(), own_advice()}) {
    for (const AdviceRow& row : table) {
      answers += row.answers.size();
      for (const std::string_view metric : row.answers)
        EXPECT_EQ(anomaly_problem(std::string(metric)), "") << row.id;
    }
  }
  EXPECT_GE(answers, 30u);
}

TEST(AdviceTable, OvercommitIsNamedWhereTheKernelHadToKill) {
  const auto with = [](const std::string& message, int kills) {
    return advice_ids(
        host({{"memory_info", R"({"data":{"overcommit_memory":0}})"},
              {"oomkill", R"({"data":{"kills":)" + std::to_string(kills) + "}}"},
              {"system_info", R"({"data":{"dmesg_errors":[{"message":")" + message + R"("}]}})"}}));
  };
  EXPECT_THAT(with("Out of memory: Killed process 77 (cc1plus)", 0),
              ElementsAre("overcommit_guessed"));
  EXPECT_THAT(with("all is well", 1), ElementsAre("overcommit_guessed"));
  EXPECT_THAT(with("all is well", 0), IsEmpty());
  EXPECT_THAT(with("Memory cgroup out of memory: Killed process 77 (cc1plus)", 0), IsEmpty())
      << "a limit of its own, which accounting does not change";
}

TEST(AdviceTable, PrioritiesCountFromOneInTheOrderOfTheConditions) {
  const auto advice = recommendations_of(
      host({{"network_stats", R"({"data":{"sysctls":{"tcp_fastopen":0,"somaxconn":128}}})"},
            {"cpu_utilization", R"({"data":{"load_avg_1":99,"num_cpus":1}})"}}));
  ASSERT_EQ(advice.size(), 3u);
  EXPECT_EQ(advice[0].id, "load_high");
  EXPECT_EQ(advice[1].id, "somaxconn_small");
  EXPECT_EQ(advice[2].id, "fast_open_off");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(advice[static_cast<std::size_t>(i)].priority, i + 1);
}

TEST(AdviceTable, SettingsOutliveAReboot) {
  const auto advice = recommendations_of(host("memory_info", R"({"dirty_ratio":40})"));
  ASSERT_EQ(advice.size(), 1u);
  EXPECT_THAT(
      advice[0].persistent,
      ElementsAre("echo 'vm.dirty_ratio=10' >> /etc/sysctl.d/90-melisai-gate.conf",
                  "echo 'vm.dirty_background_ratio=5' >> /etc/sysctl.d/90-melisai-gate.conf"));
}

TEST(AdviceTable, AWorseConditionHasMoreBadness) {
  const auto badness = [](const std::string& data) {
    return recommendations_of(host("network_stats", data)).at(0).badness;
  };
  EXPECT_LT(badness(R"({"sysctls":{"somaxconn":2048}})"),
            badness(R"({"sysctls":{"somaxconn":128}})"));
  EXPECT_LT(badness(R"({"tcp":{"retrans_rate_per_sec":2}})"),
            badness(R"({"tcp":{"retrans_rate_per_sec":3}})"));
  EXPECT_LT(badness(R"({"softnet":{"drop_rate":2},"sysctls":{"netdev_max_backlog":10}})"),
            badness(R"({"softnet":{"drop_rate":3},"sysctls":{"netdev_max_backlog":10}})"));
}

TEST(AdviceTable, OneAdviceForEachDevice) {
  EXPECT_THAT(advice_ids(host("disk_stats", R"({"devices":[
                  {"name":"sda","rotational":false,"scheduler":"bfq"},
                  {"name":"nvme0n1","rotational":false,"scheduler":"none"},
                  {"name":"sdc","rotational":false,"scheduler":"kyber"},
                  {"name":"vda","virtual":true,"scheduler":"mq-deadline"},
                  {"name":"vdb","virtual":true,"scheduler":"bfq"}]})")),
              ElementsAre("ssd_scheduler.sda", "ssd_scheduler.sdc", "ssd_scheduler.vdb"));
}

// People copy commands: a name that a shell would read otherwise is not put into one.
TEST(AdviceTable, NamesThatAShellWouldReadGiveNoCommand) {
  for (const std::string name : {"$(reboot)", "a;b", "-G", "a b", "../x", "a'b", ""}) {
    const std::string device =
        R"({"devices":[{"name":")" + name + R"(","rotational":true,"scheduler":"none"}]})";
    EXPECT_THAT(advice_ids(host("disk_stats", device)), IsEmpty()) << name;
    const std::string interface = R"({"interfaces":[{"name":")" + name +
                                  R"(","ring_rx_current":1,"ring_rx_max":1024,
                          "rx_discards":1}]})";
    EXPECT_THAT(advice_ids(host("network_stats", interface)), IsEmpty()) << name;
  }
}

// No collector has the tools of the deeper profiles: a command of ours would find nothing more.
TEST(AdviceTable, SendsNobodyToToolsThatAreNotThere) {
  for (const AdviceCase& row : advice_cases())
    for (const Recommendation& each : recommendations_of(host(row.collector, row.met)))
      EXPECT_THAT(each.commands, Not(Contains(HasSubstr("melisai-gate collect")))) << row.id;
}

TEST(AdviceTable, EvidenceHasTheNumbers) {
  const auto advice = recommendations_of(host(
      "network_stats", R"({"softnet":{"drop_rate":2.5},"sysctls":{"netdev_max_backlog":1000}})"));
  ASSERT_EQ(advice.size(), 1u);
  EXPECT_EQ(advice[0].evidence, "drop_rate = 2.5, netdev_max_backlog = 1000");
}

}  // namespace
}  // namespace melisai::gate
