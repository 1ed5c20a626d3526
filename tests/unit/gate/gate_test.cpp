#include "core/gate/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/unit/gate/fake_suite.h"
#include "tests/unit/stats/noise.h"

namespace melisai::gate {
namespace {

using test::constant;
using test::judge_one;
using test::noisy_time;
using test::one_pair;
using test::put;
using test::StartedGate;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Gate, EqualCountersAreClearAfterFourPairs) {
  const BenchmarkResult result = judge_one(constant(test::rchar(), {123'456, 123'456}));
  EXPECT_EQ(result.decision, Decision::clear);
  EXPECT_EQ(result.pairs, 4);
  EXPECT_EQ(result.effect, 0);
  EXPECT_TRUE(result.gating);
  EXPECT_FALSE(result.confirmed);
  EXPECT_EQ(result.base, Side{123'456});
}

TEST(Gate, AGrownCounterIsConfirmedWithFourFreshPairs) {
  const BenchmarkResult result = judge_one(constant(test::rchar(), {100'000, 102'000}));
  EXPECT_EQ(result.decision, Decision::regressed);
  EXPECT_TRUE(result.confirmed);
  EXPECT_EQ(result.pairs, 8);
  EXPECT_NEAR(result.effect.value(), 0.02, 1e-12);
  EXPECT_DOUBLE_EQ(result.threshold, 0.005);
  EXPECT_EQ(result.head, Side{102'000});
}

TEST(Gate, ASmallGrowthBelowTheThresholdIsClear) {
  EXPECT_EQ(judge_one(constant(test::rchar(), {100'000, 100'100})).decision, Decision::clear);
  EXPECT_EQ(judge_one(constant(test::rchar(), {100, 104})).decision, Decision::clear)
      << "4 bytes are below the floor of 5";
  EXPECT_EQ(judge_one(constant(test::rchar(), {100, 106})).decision, Decision::regressed);
}

TEST(Gate, GrowthFromZeroRegressesWithoutAPercentage) {
  const BenchmarkResult result = judge_one(constant(test::rchar(), {0, 4'096}));
  EXPECT_EQ(result.decision, Decision::regressed);
  EXPECT_TRUE(result.from_zero);
  EXPECT_FALSE(result.effect || result.effect_low || result.effect_high);
  EXPECT_EQ(judge_one(constant(test::rchar(), {0, 4})).decision, Decision::clear)
      << "below the floor";
  EXPECT_EQ(judge_one(constant(test::rchar(), {0, 0})).decision, Decision::clear);
  EXPECT_EQ(judge_one(constant(test::rchar(), {0, 0})).from_zero, false);
}

TEST(Gate, ATimeThatIsAlwaysZeroHasFailed) {
  const BenchmarkResult result = judge_one(constant(test::wall_time(), {0, 0}));
  EXPECT_EQ(result.decision, Decision::failed);
  EXPECT_TRUE(result.gating);
  EXPECT_THAT(result.note, HasSubstr("measured 0 ns"));
}

TEST(Gate, QueueingOnABusyMachineDoesNotMakeAProgramAWaitingOne) {
  const auto with_delay = [](double delay) {
    Pair pair = one_pair("app", test::wall_time(), {200, 200});
    put(pair, "app", test::cpu_time(), {99, 99});
    put(pair, "app", {"run_delay", "ns", Better::lower, Tier::explain}, {delay, delay});
    return pair;
  };
  const auto gating = [&](double delay) {
    for (const BenchmarkResult& result : StartedGate({with_delay(delay)}).results())
      if (result.gating) return result.metric.name;
    return std::string();
  };
  EXPECT_EQ(gating(100), "cpu_time");
  EXPECT_EQ(gating(0), "wall_time");
}

TEST(Gate, ATimeFromZeroRegresses) {
  EXPECT_EQ(judge_one(constant(test::wall_time(), {0, 1e6})).decision, Decision::regressed);
}

TEST(Gate, ASuspectThatFreshPairsDoNotShowIsCleared) {
  int pairs = 0;
  const BenchmarkResult result = judge_one([&pairs] {
    const bool is_wild = pairs++ <= 4;  // the warm-up and four pairs
    return one_pair("app", test::rchar(), {1'000'000, is_wild ? 1'100'000.0 : 1'000'000.0});
  });
  EXPECT_EQ(result.decision, Decision::clear);
  EXPECT_EQ(result.pairs, 8);
  EXPECT_THAT(result.note, HasSubstr("suspected after 4 pairs, cleared by 4 fresh"));
}

TEST(Gate, WhatIsNotDecidedSaysHowMuchMayHide) {
  Policy policy;
  policy.max_pairs = 5;
  int pairs = 0;
  const BenchmarkResult result = judge_one(
      [&pairs] {
        return one_pair("app", test::wall_time(), {100, 97.0 + 4 * (pairs++ % 3)});
      },
      policy);
  EXPECT_EQ(result.decision, Decision::inconclusive);
  EXPECT_EQ(result.pairs, 5);
  ASSERT_TRUE(result.effect_high);
  EXPECT_GT(*result.effect_high, 0.05);
  EXPECT_THAT(result.note, HasSubstr("5 pairs were not enough: up to "));
  EXPECT_THAT(result.note, HasSubstr("slower is not ruled out, about "));
  EXPECT_THAT(result.note,
              EndsWith("; max-pairs 5 cannot turn red: a regression takes at least 8"));
}

TEST(Gate, FewerThanFourPairsGiveAnEffectWithoutInterval) {
  StartedGate gate({one_pair("app", test::wall_time(), {100, 110})});
  EXPECT_FALSE(gate.results().front().effect);
  EXPECT_THAT(gate.results().front().note, HasSubstr("no pair was measured"));
  gate.add(one_pair("app", test::wall_time(), {100, 110}));
  const BenchmarkResult result = gate.results().front();
  EXPECT_EQ(result.decision, Decision::inconclusive);
  EXPECT_NEAR(result.effect.value(), 0.1, 1e-12);
  EXPECT_FALSE(result.effect_low || result.effect_high);
}

TEST(Gate, TheLastPairIsALookToo) {
  // 23 is no number at which the test looks, unless no further pair may come.
  const auto limit_after_23 = [](int pairs_max) {
    StartedGate gate({one_pair("app", test::wall_time(), {100, 100})},
                     Policy{.threshold = 0.02, .max_pairs = pairs_max});
    for (int i = 0; i < 23; ++i)
      gate.add(one_pair("app", test::wall_time(), {100, 95 + (i * 37 % 41) / 4.0}));
    EXPECT_EQ(gate.results()[0].decision, Decision::inconclusive);
    return gate.results()[0].effect_high;
  };
  EXPECT_NE(limit_after_23(23), limit_after_23(24));
}

TEST(Gate, PairsAreAskedForOnlyWhileABenchmarkIsOpen) {
  StartedGate gate({one_pair("app", test::rchar(), {100, 100})});
  EXPECT_THAT(gate.open_benchmarks(), ElementsAre("app"));
  for (int i = 0; i < 4; ++i) gate.add(one_pair("app", test::rchar(), {100, 100}));
  EXPECT_THAT(gate.open_benchmarks(), IsEmpty());
  gate.add(one_pair("app", test::rchar(), {100, 500}));
  EXPECT_EQ(gate.results().front().pairs, 4) << "a closed benchmark keeps its decision";
}

TEST(Gate, AMetricThatIsDecidedKeepsItsDecisionWhileAnotherIsOpen) {
  test::Noise noise(8);
  int pairs = 0;
  const auto results = test::judge([&] {
    Pair pair = one_pair("app", test::rchar(), {1e6, pairs++ < 5 ? 1e6 : 2e6});
    const double ratio = std::exp(0.05 * noise.normal());
    put(pair, "app", test::wall_time(), {1e6, 1e6 * ratio});
    return pair;
  });
  EXPECT_EQ(results[0].metric.name, "rchar");
  EXPECT_EQ(results[0].decision, Decision::clear);
  EXPECT_EQ(results[0].pairs, 4);
  EXPECT_GT(results[1].pairs, 4);
}

// ---- direction, scale, order

TEST(Gate, HigherIsBetterMirrors) {
  Metric speed = test::wall_time();
  speed.better = Better::higher;
  EXPECT_EQ(judge_one(constant(speed, {100, 90})).decision, Decision::regressed);
  EXPECT_EQ(judge_one(constant(speed, {90, 100})).decision, Decision::improved);
  EXPECT_NEAR(judge_one(constant(speed, {110, 100})).effect.value(), 0.1, 1e-12);
}

TEST(Gate, SwappingBaseAndHeadFlipsTheEffect) {
  const auto swapped = [](test::Draw draw) {
    return [draw = std::move(draw)] {
      Pair pair = draw();
      std::swap(pair.base, pair.head);
      return pair;
    };
  };
  Policy policy;
  policy.max_pairs = 12;
  policy.threshold = 10;  // never decided before the last pair
  for (const std::uint64_t seed : {1, 2, 3}) {
    StartedGate forward({noisy_time(0.1, seed)()}, policy);
    StartedGate backward({noisy_time(0.1, seed)()}, policy);
    const test::Draw draw = noisy_time(0.1, seed), mirror = swapped(noisy_time(0.1, seed));
    for (int i = 0; i < 3; ++i) {
      forward.add(draw());
      backward.add(mirror());
    }
    const double there = forward.results().front().effect.value();
    const double back = backward.results().front().effect.value();
    EXPECT_GT(there, 0);
    EXPECT_NEAR((1 + there) * (1 + back), 1, 1e-12);
  }
}

TEST(Gate, TheUnitDoesNotMatter) {
  for (const double unit : {1e-9, 1e6}) {
    const auto scaled = [unit, draw = noisy_time(0.06, 11)] {
      Pair pair = draw();
      for (auto* half : {&pair.base, &pair.head}) {
        for (auto& [id, value] : half->values) value.value *= unit;
      }
      return pair;
    };
    const BenchmarkResult plain = judge_one(noisy_time(0.06, 11));
    const BenchmarkResult other = judge_one(scaled);
    EXPECT_EQ(plain.decision, other.decision);
    EXPECT_EQ(plain.pairs, other.pairs);
    EXPECT_NEAR(plain.effect.value(), other.effect.value(), 1e-9);
  }
}

TEST(Gate, NegativeValuesAreJudgedOnDifferences) {
  Metric balance = test::wall_time();
  const BenchmarkResult result = judge_one(constant(balance, {-100, -90}));
  EXPECT_EQ(result.decision, Decision::regressed);
  EXPECT_DOUBLE_EQ(result.effect.value(), 0.1);
  EXPECT_DOUBLE_EQ(result.threshold, 0.05);
}

TEST(Gate, AnUnknownDirectionIsShownAndNeverJudged) {
  for (const double head : {0.5, 0.9, 0.3}) {
    int pairs = 0;
    const auto results = test::judge([&pairs, head] {
      Pair pair = one_pair("app", test::wait_share(), {0.5, head});
      // Keeps the benchmark open for a few looks.
      put(pair, "app", test::wall_time(), {100, 104 + 3.0 * (pairs++ % 2)});
      return pair;
    });
    ASSERT_EQ(results.back().metric.name, "wait");
    EXPECT_EQ(results.back().decision, head != 0.5 ? Decision::inconclusive : Decision::clear);
    EXPECT_FALSE(results.back().gating);
    EXPECT_NEAR(results.back().effect.value(), head / 0.5 - 1, 1e-12);
    EXPECT_THAT(results.back().note, head != 0.5 ? HasSubstr("direction unknown") : HasSubstr(""));
  }
}

TEST(Gate, AShownMetricNeverKeepsABenchmarkOpen) {
  test::Noise noise(4);
  const auto results = test::judge([&noise] {
    Pair pair = one_pair("app", test::wall_time(), {100, 100});
    put(pair, "app", test::throughput(), {1e6, 1e6 * std::exp(noise.normal())});
    return pair;
  });
  EXPECT_EQ(results[1].pairs, 4);
  EXPECT_EQ(results[1].decision, Decision::inconclusive);
  EXPECT_FALSE(results[1].gating);
}

TEST(Gate, AShownRegressionIsNotConfirmed) {
  const auto results = test::judge([] {
    Pair pair = one_pair("app", test::wall_time(), {100, 100});
    put(pair, "app", test::throughput(), {1e6, 0.8e6});
    return pair;
  });
  EXPECT_EQ(results[1].decision, Decision::regressed);
  EXPECT_FALSE(results[1].confirmed);
  EXPECT_FALSE(results[1].gating);
}

// ---- the suite

TEST(Gate, TheAlarmIsSplitOverTheGatingSeries) {
  // The interval of the same pairs widens downwards only when more series share the promise.
  const auto interval_beside = [](int others) {
    Pair pair = one_pair("app", test::wall_time(), {100, 101});
    for (int i = 0; i < others; ++i) {
      put(pair, "other" + std::to_string(i), test::wall_time(), {100, 101});
    }
    StartedGate gate({pair});
    for (const double head : {101.0, 103.0, 108.0, 99.0}) {
      Pair judged = pair;
      put(judged, "app", test::wall_time(), {100, head});
      gate.add(judged);
    }
    return *gate.standing("app");
  };
  const Standing alone = interval_beside(0), crowded = interval_beside(9);
  EXPECT_LT(crowded.low, alone.low);
  EXPECT_DOUBLE_EQ(crowded.high, alone.high);
}

TEST(Gate, TwoStagesShareThePromise) {
  // A gating series alone has the square root of 1 % for each stage, and half of the 5 %; a shown
  // one is judged once, with 1 % and 5 %.
  std::vector<double> heads = {101, 103, 108, 99, 102};
  const auto results = test::judge(
      [&, i = std::size_t{0}]() mutable {
        Pair pair = one_pair("app", test::wall_time(), {100, heads[i % heads.size()]});
        put(pair, "app", test::throughput(), {heads[i++ % heads.size()], 100});
        return pair;
      },
      Policy{.max_pairs = 6});
  EXPECT_EQ(results[0].effect, results[1].effect);
  EXPECT_GT(results[0].effect_low, results[1].effect_low);
  EXPECT_GT(results[0].effect_high, results[1].effect_high);
}

TEST(Gate, StandingFollowsTheWidestOpenMetric) {
  Pair pair = one_pair("app", test::wall_time(), {100, 120});
  put(pair, "app", test::rchar(), {100, 100});
  put(pair, "lib", test::wall_time(), {100, 100});
  StartedGate gate({pair});
  EXPECT_EQ(gate.standing("app")->high, std::numeric_limits<double>::infinity());
  EXPECT_EQ(gate.standing("app")->benchmarks, 2);
  for (int i = 0; i < 4; ++i) gate.add(pair);
  const std::optional<Standing> standing = gate.standing("app");
  ASSERT_TRUE(standing);
  EXPECT_EQ(standing->pairs, 4);
  EXPECT_TRUE(standing->confirming) << "wall_time is the open one, rchar is clear";
  EXPECT_NEAR(standing->low, 0.2, 1e-9);
  EXPECT_THAT(gate.open_benchmarks(), ElementsAre("app"));
  EXPECT_FALSE(gate.standing("nobody"));
}

TEST(Gate, PairsOfAnotherProcessAreNotMissed) {
  StartedGate gate({one_pair("b", test::rchar(), {1, 1}), one_pair("a", test::rchar(), {1, 1})});
  for (int i = 0; i < 4; ++i) gate.add(one_pair("b", test::rchar(), {1, 1}));
  EXPECT_THAT(gate.open_benchmarks(), ElementsAre("a"));
  gate.add(Pair{});
  EXPECT_THAT(gate.open_benchmarks(), ElementsAre("a")) << "an empty pair says nothing";
  EXPECT_EQ(gate.results()[0].name, "b") << "in the order of start()";
}

TEST(Gate, AFilteredRerunMayLeaveOutClosedBenchmarks) {
  Pair both = one_pair("p/open", test::wall_time(), {100, 103});
  put(both, "p/closed", test::wall_time(), {100, 100});
  StartedGate gate({both});
  for (int i = 0; i < 4; ++i) {
    put(both, "p/open", test::wall_time(), {100, 100 + 4.0 * i});
    gate.add(both);
  }
  ASSERT_THAT(gate.open_benchmarks(), ElementsAre("p/open"));
  gate.add(one_pair("p/open", test::wall_time(), {100, 102}));
  EXPECT_EQ(gate.results()[0].decision, Decision::clear);
  EXPECT_EQ(gate.results()[1].pairs, 5);
}

TEST(Gate, AShownMetricOfAClosedBenchmarkIsLeftAlone) {
  Pair pair = one_pair("p/closed", test::wall_time(), {100, 100});
  put(pair, "p/open", test::wall_time(), {100, 100});
  StartedGate gate({[&pair] {
    Pair warm_up = pair;
    put(warm_up, "p/closed", test::throughput(), {5, 5});
    return warm_up;
  }()});
  for (int i = 0; i < 5; ++i) {
    put(pair, "p/open", test::wall_time(), {100, 100 + 4.0 * i});
    put(pair, "p/closed", test::throughput(), {5, 5 + 2.0 * (i % 2)});
    gate.add(pair);
  }
  ASSERT_THAT(gate.open_benchmarks(), ElementsAre("p/open"));
  gate.add(one_pair("p/open", test::wall_time(), {100, 102}));
  const BenchmarkResult shown = gate.results()[1];
  ASSERT_EQ(shown.metric, test::throughput());
  EXPECT_EQ(shown.pairs, 4);
  EXPECT_EQ(shown.decision, Decision::inconclusive) << "not failed: nobody asked for it";
}

TEST(Gate, GatingMetricsComeFirst) {
  Pair pair = one_pair("app", test::throughput(), {5, 5});
  put(pair, "app", test::wall_time(), {100, 100});
  put(pair, "app", test::cpu_time(), {100, 100});
  put(pair, "app", test::peak_rss(), {1e6, 1e6});
  std::vector<std::string> names;
  for (const BenchmarkResult& result : StartedGate({pair}).results())
    names.push_back(result.metric.name);
  EXPECT_THAT(names, ElementsAre("cpu_time", "peak_rss", "items", "wall_time"));
}

}  // namespace
}  // namespace melisai::gate
