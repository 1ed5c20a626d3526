// What a result says beside its decision: interval, estimate, noise floor, and when it is no use to
// go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace knowledge_test {

using ::testing::HasSubstr;

/// Time whose head is `first` times the base for so many pairs and `later` times after that.
test::Draw changing(double first, int pairs, double later) {
  return [=, n = 0, noise = test::Noise(7)]() mutable {
    const double factor = n++ <= pairs ? first : later;  // the warm-up is one more
    return test::one_pair("app", test::wall_time(),
                          {100, 100 * factor * std::exp(0.004 * noise.normal())});
  };
}

TEST(GateKnowledge, TheEffectOfARegressionComesFromFreshPairs) {
  // The screening ends after its first look; what follows is a slower machine's truth.
  const BenchmarkResult result = test::judge_one(changing(1.4, 4, 1.2));
  EXPECT_EQ(result.decision, Decision::regressed);
  EXPECT_NEAR(*result.effect, 0.2, 0.01);
  EXPECT_GT(*result.effect_low, 0) << "both stages exclude zero";
  EXPECT_LT(*result.effect_low, 0.2);
}

TEST(GateKnowledge, EstimateAndLimitsStayInOrderWhenTheStagesDisagree) {
  const BenchmarkResult result = test::judge_one(changing(1.1, 4, 1.4));
  EXPECT_EQ(result.decision, Decision::regressed);
  EXPECT_LE(*result.effect_low, *result.effect);
  EXPECT_LE(*result.effect, *result.effect_high);
}

TEST(GateKnowledge, ASuspectWithoutAFreshLookHasAnIntervalOfTheScreening) {
  const test::Draw draw = changing(1.4, 100, 1.4);
  test::StartedGate gate({draw()});
  int pairs = 0;
  while (!gate.standing("app")->confirming && pairs++ < 60) gate.add(draw());
  const BenchmarkResult suspect = gate.results()[0];
  EXPECT_EQ(suspect.decision, Decision::inconclusive);
  ASSERT_TRUE(suspect.effect_high);
  EXPECT_GT(*suspect.effect_high, 0.4);
  EXPECT_LT(suspect.effect_low.value_or(-1), *suspect.effect);
  EXPECT_THAT(suspect.note, HasSubstr("pairs, and no fresh one was measured"));
}

TEST(GateKnowledge, ASuspectWithoutAFreshLookHasToReachTheLevelOfBothStages) {
  const test::Draw draw = [noise = test::Noise(18)]() mutable {
    return test::one_pair("app", test::wall_time(),
                          {100, 100 * std::exp(0.06 + 0.06 * noise.normal())});
  };
  test::StartedGate gate({draw()});
  std::vector<double> values;
  while (!gate.standing("app")->confirming && values.size() < 60) {
    const Pair pair = draw();
    const SeriesId id{"app", "wall_time"};
    values.push_back(std::log(pair.head.values.at(id).value / pair.base.values.at(id).value));
    gate.add(pair);
  }
  const stats::TwoStages stages = stats::two_stages({.alarm = 0.01, .miss = 0.05});
  const auto low_at = [&](double alarm) {
    const stats::TestLevels levels{.delta = std::log1p(0.05), .rates = {.alarm = alarm}};
    return std::expm1(stats::make_paired_test()->look(values, levels).low);
  };
  EXPECT_NEAR(gate.results()[0].effect_low.value_or(1), low_at(0.01), 1e-12);
  EXPECT_LT(low_at(0.01), 0) << "not red yet";
  EXPECT_GT(low_at(stages.screening.alarm), 0) << "but a suspect";
}

TEST(GateKnowledge, FreshPairsBetweenLooksMoveNoLimit) {
  // A suspect at once, and then so noisy that it stays one.
  test::Draw draw = [n = 0, noise = test::Noise(4)]() mutable {
    const bool is_early = n++ <= 4;
    return test::one_pair(
        "app", test::wall_time(),
        {100, 100 * std::exp(is_early ? 0.3 + 0.001 * noise.normal() : 0.15 * noise.normal())});
  };
  test::StartedGate gate({draw()});
  for (int i = 0; i < 4 + 20; ++i) gate.add(draw());
  const BenchmarkResult looked = gate.results()[0];
  ASSERT_TRUE(looked.effect_low && looked.effect_high);
  gate.add(draw());
  EXPECT_EQ(gate.results()[0].effect_low, looked.effect_low);
  EXPECT_EQ(gate.results()[0].effect_high, looked.effect_high);
  gate.add(draw());
  EXPECT_NE(gate.results()[0].effect_high, looked.effect_high) << "22 fresh pairs are a look";
}

TEST(GateKnowledge, PairsBetweenLooksMoveNoLimit) {
  const test::Draw draw = test::noisy_time(0, 3);
  test::StartedGate gate({draw()}, Policy{.threshold = 0.001});
  std::optional<double> low;
  for (int i = 0; i < 20; ++i) gate.add(draw());
  low = gate.results()[0].effect_low;
  ASSERT_TRUE(low);
  int same = 0;
  for (int i = 0; i < 3; ++i) {
    gate.add(draw());
    same += gate.results()[0].effect_low == low;
  }
  EXPECT_GE(same, 1) << "the levels are spent on looks, not on whenever somebody asks";
}

test::Draw hopeless(std::uint64_t seed) {
  return [noise = test::Noise(seed)]() mutable {
    return test::one_pair(
        "app", test::wall_time(),
        {100 * std::exp(0.7 * noise.normal()), 100 * std::exp(0.7 * noise.normal())});
  };
}

TEST(GateKnowledge, WhatThePairsCannotSettleIsGivenUpEarly) {
  const BenchmarkResult result = test::judge_one(hopeless(6));
  EXPECT_EQ(result.decision, Decision::inconclusive);
  EXPECT_GE(result.pairs, 16);
  EXPECT_LE(result.pairs, 26);
  EXPECT_THAT(result.note, HasSubstr("given up, since no more than 60 pairs may be"));
}

TEST(GateKnowledge, ASuspectIsNeverGivenUp) {
  // Clearly slow at first, then nothing but noise: somebody has to find out.
  test::Draw draw = [n = 0, noise = test::Noise(12)]() mutable {
    const bool is_early = n++ <= 4;
    return test::one_pair(
        "app", test::wall_time(),
        {100, 100 * std::exp(is_early ? 0.3 + 0.001 * noise.normal() : 0.7 * noise.normal())});
  };
  const BenchmarkResult result = test::judge_one(draw);
  EXPECT_EQ(result.decision, Decision::inconclusive);
  EXPECT_EQ(result.pairs, 60);
}

TEST(GateKnowledge, TheNoiseFloorGrowsWithTheNoiseAndShrinksWithThePairs) {
  const auto floor_of = [](double spread, int pairs) {
    test::Noise noise(13);
    const auto draw = [&] {
      return test::one_pair("app", test::wall_time(),
                            {100, 100 * std::exp(spread * noise.normal())});
    };
    test::StartedGate gate({draw()}, Policy{.threshold = 0.0011, .max_pairs = pairs});
    for (int i = 0; i < 20; ++i) gate.add(draw());
    return gate.results()[0].smallest_found.value_or(-1);
  };
  EXPECT_GT(floor_of(0.02, 60), 0);
  EXPECT_GT(floor_of(0.04, 60), 1.5 * floor_of(0.02, 60));
  EXPECT_LT(floor_of(0.02, 240), 0.7 * floor_of(0.02, 60));
}

TEST(GateKnowledge, WhenTheTimeIsUpTheFloorIsThatOfThePairsThereAre) {
  const test::Draw draw = test::noisy_time(0, 17);
  test::StartedGate gate({draw()}, Policy{.threshold = 0.002});
  for (int i = 0; i < 10; ++i) gate.add(draw());
  const double before = gate.results()[0].smallest_found.value_or(-1);
  gate.end_budget();
  EXPECT_GT(gate.results()[0].smallest_found.value_or(-1), 1.5 * before);
}

TEST(GateKnowledge, AClockThatTicksRarelyRulesNothingOut) {
  // 20 or 30 ms by a clock of 10 ms: one step is half of the base, and +5 % may hide in it.
  test::Draw draw = [n = 0]() mutable {
    return test::one_pair("app", test::wall_time(), {20e6, n++ % 9 == 4 ? 30e6 : 20e6});
  };
  const BenchmarkResult result = test::judge_one(draw);
  EXPECT_EQ(result.decision, Decision::inconclusive);
  EXPECT_THAT(result.note, HasSubstr("the clock is too coarse"));
  test::Draw fine = [n = 0]() mutable {
    return test::one_pair("app", test::wall_time(), {2'000e6, n++ % 9 == 4 ? 2'010e6 : 2'000e6});
  };
  EXPECT_EQ(test::judge_one(fine).decision, Decision::clear) << "a tick is half a per cent";
}

TEST(GateKnowledge, ShownMetricsHaveNoFloor) {
  const auto results = test::judge([] {
    Pair pair = test::one_pair("app", test::wall_time(), {100, 101});
    test::put(pair, "app", test::throughput(), {100, 101});
    return pair;
  });
  EXPECT_TRUE(results[0].smallest_found);
  EXPECT_FALSE(results[1].smallest_found);
}

TEST(GateKnowledge, AForecastIsThereFromFourPairsOn) {
  const test::Draw draw = test::noisy_time(0, 20);
  test::StartedGate gate({draw()}, Policy{.threshold = 0.005});
  for (int i = 0; i < 3; ++i) gate.add(draw());
  EXPECT_EQ(gate.standing("app")->pairs_expected, 0);
  gate.add(draw());
  EXPECT_GT(gate.standing("app")->pairs_expected, 4);
}

}  // namespace knowledge_test
}  // namespace melisai::gate
