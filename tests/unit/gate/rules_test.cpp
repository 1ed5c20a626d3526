// gate.rules: thresholds and levels of single series.
#include "core/gate/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/gate/gate.h"
#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace rules_test {

using test::one_pair;
using test::put;
using test::StartedGate;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Policy with_rules(std::vector<Rule> rules) {
  Policy policy;
  policy.rules = std::move(rules);
  return policy;
}

Policy with_level(const std::string& benchmark, const std::string& metric, Level level) {
  return with_rules({{.benchmark = benchmark, .metric = metric, .level = level}});
}

BenchmarkResult result_of(const Gate& gate, const std::string& benchmark,
                          const std::string& metric) {
  for (const BenchmarkResult& result : gate.results())
    if (result.name == benchmark && result.metric.name == metric) return result;
  ADD_FAILURE() << "no result " << benchmark << " " << metric;
  return {};
}

/// A time that is clear, a counter of items that became 20 % worse, and a ratio without direction.
Pair busy_pair() {
  Pair pair = one_pair("app", test::wall_time(), {100, 100});
  put(pair, "app", test::throughput(), {120, 100});
  put(pair, "app", test::wait_share(), {1, 2});
  return pair;
}

TEST(GateRules, ALaterRuleOverridesWhatItSetsAndNothingElse) {
  const Policy policy = with_rules({{.benchmark = "parse/*", .threshold = 0.1},
                                    {.metric = "cpu_time", .level = Level::warn},
                                    {.benchmark = "parse/BM_?", .threshold = 0.2}});
  const Ruling both = ruling_for({"parse/BM_A", "cpu_time"}, policy);
  EXPECT_EQ(both.threshold, 0.2);
  EXPECT_EQ(both.level, Level::warn);
  const Ruling first = ruling_for({"parse/BM_Long", "wall_time"}, policy);
  EXPECT_EQ(first.threshold, 0.1);
  EXPECT_EQ(first.level, std::nullopt);
  EXPECT_EQ(ruling_for({"lib", "wall_time"}, policy).threshold, std::nullopt);
}

TEST(GateRules, AThresholdDecidesWhatIsBad) {
  const auto slower = [](const Policy& policy) {
    return test::judge_one(test::constant(test::wall_time(), {100, 108}), policy);
  };
  EXPECT_EQ(slower({}).decision, Decision::regressed);
  const BenchmarkResult ruled = slower(with_rules({{.benchmark = "app", .threshold = 0.1}}));
  EXPECT_EQ(ruled.decision, Decision::clear);
  EXPECT_DOUBLE_EQ(ruled.threshold, 0.1);
  EXPECT_EQ(slower(with_rules({{.benchmark = "other", .threshold = 0.1}})).decision,
            Decision::regressed);
}

TEST(GateRules, AThresholdOfCountsMayBeLooserButKeepsTheFloor) {
  const Policy policy;
  const Threshold faults = threshold_for(test::minor_faults(), policy, 0.3);
  EXPECT_DOUBLE_EQ(faults.relative, 0.3);
  EXPECT_DOUBLE_EQ(faults.floor, 16);
  EXPECT_DOUBLE_EQ(threshold_for(test::wall_time(), policy, 0.001).relative, 0.001);
}

TEST(GateRules, WarnIsJudgedLikeFailAndDoesNotCount) {
  const auto draw = test::constant(test::wall_time(), {100, 120});
  const BenchmarkResult fail = test::judge_one(draw);
  const BenchmarkResult warn = test::judge_one(draw, with_level("*", "*", Level::warn));
  EXPECT_TRUE(fail.gating);
  EXPECT_EQ(fail.level, Level::fail);
  EXPECT_FALSE(warn.gating);
  EXPECT_EQ(warn.level, Level::warn);
  EXPECT_EQ(warn.decision, Decision::regressed);
  EXPECT_TRUE(warn.confirmed);
  EXPECT_EQ(warn.pairs, fail.pairs);
}

TEST(GateRules, WarnTakesItsShareOfTheFalseAlarms) {
  Pair pair = one_pair("app", test::wall_time(), {100, 101});
  put(pair, "lib", test::wall_time(), {100, 100});
  const auto interval = [&pair](const Policy& policy) {
    StartedGate gate({pair}, policy);
    Pair noisy = pair;
    for (int i = 0; i < 12; ++i) {
      noisy.head.values[{"app", "wall_time"}].value = 92 + 8 * (i % 3);
      gate.add(noisy);
    }
    return result_of(gate, "app", "wall_time").effect_low;
  };
  EXPECT_EQ(interval(with_level("lib", "*", Level::warn)), interval({}));
  EXPECT_NE(interval(with_level("lib", "*", Level::off)), interval({}));
}

TEST(GateRules, ABenchmarkOfWarnOnlyIsMeasuredUntilDecided) {
  StartedGate gate({one_pair("app", test::wall_time(), {100, 100})},
                   with_level("app", "wall_time", Level::warn));
  EXPECT_THAT(gate.open_benchmarks(), ElementsAre("app"));
  ASSERT_TRUE(gate.standing("app"));
  for (int i = 0; i < 4; ++i) gate.add(one_pair("app", test::wall_time(), {100, 100}));
  EXPECT_THAT(gate.open_benchmarks(), IsEmpty());
}

TEST(GateRules, ALevelMakesAShownMetricGateThatItNames) {
  for (const Level level : {Level::fail, Level::warn}) {
    StartedGate gate({busy_pair()}, with_level("*", "ite*", level));
    while (!gate.open_benchmarks().empty()) gate.add(busy_pair());
    const BenchmarkResult items = result_of(gate, "app", "items");
    EXPECT_EQ(items.decision, Decision::regressed);
    EXPECT_TRUE(items.confirmed);
    EXPECT_EQ(items.level, level);
    EXPECT_EQ(items.gating, level == Level::fail);
    EXPECT_THAT(items.gates_because, HasSubstr("a rule names it"));
    EXPECT_TRUE(result_of(gate, "app", "wall_time").gating);
  }
}

TEST(GateRules, ALevelForAllMetricsLeavesShownOnesShown) {
  const StartedGate gate({busy_pair()}, with_level("app", "*", Level::warn));
  EXPECT_EQ(result_of(gate, "app", "wall_time").level, Level::warn);
  EXPECT_EQ(result_of(gate, "app", "items").level, Level::off);
}

TEST(GateRules, ARuleForAllMetricsSetsTheLevelOfANamedOne) {
  const StartedGate gate({busy_pair()}, with_rules({{.metric = "items", .level = Level::fail},
                                                    {.benchmark = "app", .level = Level::warn}}));
  EXPECT_EQ(result_of(gate, "app", "items").level, Level::warn);
}

TEST(GateRules, AMetricWithoutDirectionNeverGates) {
  const StartedGate gate({busy_pair()}, with_level("*", "wait", Level::fail));
  EXPECT_FALSE(result_of(gate, "app", "wait").gating);
  EXPECT_EQ(result_of(gate, "app", "wait").level, Level::off);
}

TEST(GateRules, WhatAHarnessSaysOfOneOperationGatesWithoutARule) {
  const auto gates = [](const Metric& metric) {
    const StartedGate gate({one_pair("app", metric, {100, 100})});
    return result_of(gate, "app", metric.name).gating;
  };
  for (const char* name : {"throughput", "latency"})
    for (const Better better : {Better::lower, Better::higher})
      EXPECT_TRUE(gates({name, "ns", better, Tier::time})) << name;
  for (const char* name : {"instructions", "allocations"})
    EXPECT_TRUE(gates({name, "count", Better::lower, Tier::exact})) << name;
  EXPECT_TRUE(gates({"allocated_bytes", "B", Better::lower, Tier::near_exact}));
  EXPECT_FALSE(gates({"branches", "count", Better::lower, Tier::exact}));
  EXPECT_FALSE(gates({"instructions", "count", Better::lower, Tier::explain}));
  EXPECT_FALSE(gates({"latency", "ns", Better::unknown, Tier::time}));
}

TEST(GateRules, AThresholdAloneMakesNothingGate) {
  const StartedGate gate({busy_pair()}, with_rules({{.metric = "items", .threshold = 0.02}}));
  EXPECT_EQ(result_of(gate, "app", "items").level, Level::off);
}

TEST(GateRules, OffIsShownWithoutAVoteAndMeasuresNothing) {
  const StartedGate gate({one_pair("app", test::wall_time(), {100, 200})},
                         with_level("app", "wall_time", Level::off));
  EXPECT_THAT(gate.open_benchmarks(), IsEmpty());
  const BenchmarkResult result = gate.results()[0];
  EXPECT_FALSE(result.gating);
  EXPECT_EQ(result.level, Level::off);
  EXPECT_EQ(result.note, "");
}

TEST(GateRules, AFailedBenchmarkCountsUnlessAllOfItIsOff) {
  Pair pair = one_pair("app", test::wall_time(), {1, 1});
  put(pair, "app", test::rchar(), {1, 1});
  pair.head.failed["app"] = "exit code 3";
  const auto gating_failures = [&pair](const Policy& policy) {
    std::vector<std::string> names;
    const std::vector<BenchmarkResult> results = StartedGate({pair}, policy).results();
    for (const BenchmarkResult& result : results) {
      EXPECT_EQ(result.decision, Decision::failed);
      if (result.gating) names.push_back(result.metric.name);
    }
    return names;
  };
  EXPECT_THAT(gating_failures({}), ElementsAre("wall_time"));
  EXPECT_THAT(gating_failures(with_level("*", "*", Level::warn)), ElementsAre("wall_time"));
  EXPECT_THAT(gating_failures(with_level("*", "wall_time", Level::off)), ElementsAre("rchar"));
  EXPECT_THAT(gating_failures(with_level("app", "*", Level::off)), IsEmpty());
}

TEST(GateRules, AFailureWithoutAnySeriesCountsUnlessEveryMetricWouldBeOff) {
  Pair pair;
  pair.head.failed["app"] = "timed out";
  const auto counts = [&pair](const Policy& policy) {
    const std::vector<BenchmarkResult> results = StartedGate({pair}, policy).results();
    EXPECT_EQ(results.size(), 1u);
    return results[0].gating;
  };
  EXPECT_TRUE(counts(with_level("app", "*", Level::warn)));
  EXPECT_TRUE(counts(with_level("app", "wall_time", Level::off)));
  EXPECT_FALSE(counts(with_level("app", "*", Level::off)));
  EXPECT_TRUE(counts(with_rules(
      {{.benchmark = "app", .level = Level::off}, {.metric = "wall_time", .level = Level::fail}})));
}

TEST(GateRules, ABenchmarkThatVanishesCountsWhateverItsLevel) {
  const Pair both = one_pair("app", test::wall_time(), {100, 100});
  StartedGate gate({both, one_pair("lib", test::wall_time(), {1, 1})},
                   with_level("*", "*", Level::warn));
  Pair half = both;
  half.head.values.clear();
  gate.add(half);
  EXPECT_EQ(gate.results()[0].decision, Decision::failed);
  EXPECT_TRUE(gate.results()[0].gating);
}

TEST(GateRules, ABrokenMetricOfLevelWarnDoesNotCount) {
  Pair pair = one_pair("app", test::wall_time(), {100, 100});
  put(pair, "app", test::rchar(), {100, 100});
  const Policy policy = with_level("*", "rchar", Level::warn);
  StartedGate gate({pair}, policy);
  Pair broken = pair;
  broken.head.values[{"app", "rchar"}].value = std::numeric_limits<double>::quiet_NaN();
  gate.add(broken);
  EXPECT_EQ(result_of(gate, "app", "rchar").decision, Decision::failed);
  EXPECT_FALSE(result_of(gate, "app", "rchar").gating);
  EXPECT_FALSE(result_of(StartedGate({broken}, policy), "app", "rchar").gating);
}

}  // namespace rules_test
}  // namespace melisai::gate
