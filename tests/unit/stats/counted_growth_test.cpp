#include "core/stats/counted_growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace melisai::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

double chance_of(const CountedSeries& series) {
  return chances_of_growth(std::vector<CountedSeries>{series})[0];
}

TEST(CountedGrowth, IsTheBinomialTailOfOneRunASide) {
  // P(at least 8 of 10 at 1/2) = 56/1024.
  EXPECT_NEAR(chance_of({{2}, {8}}), 56.0 / 1'024, 1e-12);
  EXPECT_EQ(chance_of({{8}, {2}}), 1);
  EXPECT_EQ(chance_of({{5}, {5}}), 1);
  EXPECT_EQ(chance_of({{0}, {0}}), 1);
}

TEST(CountedGrowth, AllowsForSidesOfDifferentLength) {
  // P(at least 9 of 9 at 1/3): two runs of base, one of head.
  EXPECT_NEAR(chance_of({{0, 0}, {9}}), std::pow(1.0 / 3, 9), 1e-12);
  EXPECT_EQ(chance_of({{10, 10}, {10}}), 1);
}

TEST(CountedGrowth, SeesTheNoiseOfRunsInAllSeriesTogether) {
  const CountedSeries grew{{100, 100}, {140, 140}};
  const CountedSeries wild{{100, 200}, {120, 220}};
  const double alone = chances_of_growth(std::vector{grew})[0];
  const double beside = chances_of_growth(std::vector{grew, wild})[0];
  EXPECT_LT(alone, 1e-3);
  EXPECT_GT(beside, 0.05);
}

TEST(CountedGrowth, KeepsItsLevelOnPoissonCounts) {
  std::mt19937 random(5);
  for (const double mean : {0.5, 5.0, 200.0}) {
    int wrong = 0;
    for (int i = 0; i < 4'000; ++i) {
      std::poisson_distribution<int> draw(mean);
      const auto count = [&] { return static_cast<double>(draw(random)); };
      wrong += chance_of({{count(), count(), count()}, {count(), count(), count()}}) < 0.05;
    }
    EXPECT_LE(wrong, 4'000 * 0.055) << mean;
  }
}

// Large counts of one run differ by a tenth while small ones, of which there are many, only count.
TEST(CountedGrowth, AllowsForNoiseThatGrowsWithTheMean) {
  std::mt19937 random(8);
  std::normal_distribution<double> tenth(1, 0.1);
  std::poisson_distribution<int> few(5);
  int wrong = 0;
  constexpr int kTrials = 300;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<CountedSeries> series(200);
    for (std::size_t i = 0; i < series.size(); ++i)
      for (std::vector<double>* side : {&series[i].base, &series[i].head})
        for (int run = 0; run < 4; ++run)
          side->push_back(i < 8 ? 2'000 * tenth(random) : few(random));
    const std::vector<double> chances = holm(chances_of_growth(series));
    wrong += *std::min_element(chances.begin(), chances.end()) < 0.05;
  }
  EXPECT_LE(wrong, kTrials / 20);
}

TEST(Holm, AllowsForTheFamily) {
  EXPECT_THAT(
      holm(std::vector{0.01, 0.04, 0.03}),
      ElementsAre(DoubleNear(0.03, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.06, 1e-12)));
  EXPECT_THAT(holm(std::vector{0.9, 0.8}), ElementsAre(1, 1));
  EXPECT_TRUE(holm({}).empty());
}

}  // namespace
}  // namespace melisai::stats
