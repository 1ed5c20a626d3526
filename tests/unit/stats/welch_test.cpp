#include "core/stats/welch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace melisai::stats {
namespace {

double chance(const std::vector<double>& base, const std::vector<double>& head) {
  return chance_of_larger_mean(base, head);
}

TEST(LargerMean, IsStudentsTOfEqualSpreads) {
  // t = 2 with 4 degrees of freedom: 0.0580582617584.
  const double step = 2 * std::sqrt(2.0 / 3);
  EXPECT_NEAR(chance({-1, 0, 1}, {step - 1, step, step + 1}), 0.0580582617584, 1e-9);
}

TEST(LargerMean, KnowsOnlyTheDirectionOfSingleValues) {
  EXPECT_EQ(chance({1}, {2}), 0.5);
  EXPECT_EQ(chance({2}, {1}), 1);
  EXPECT_EQ(chance({1}, {1}), 1);
}

TEST(LargerMean, IsSureOfValuesThatNeverVary) {
  EXPECT_EQ(chance({1, 1}, {2, 2}), 0);
  EXPECT_EQ(chance({2, 2}, {2, 2}), 1);
}

TEST(LargerMean, KeepsItsLevel) {
  std::mt19937 random(9);
  std::normal_distribution<double> narrow(10, 1);
  std::normal_distribution<double> wide(10, 4);
  int wrong = 0;
  constexpr int kTrials = 4'000;
  for (int i = 0; i < kTrials; ++i) {
    std::vector<double> base;
    std::vector<double> head;
    for (int run = 0; run < 5; ++run) {
      base.push_back(narrow(random));
      head.push_back(wide(random));
    }
    wrong += chance(base, head) < 0.1;
  }
  EXPECT_NEAR(wrong, kTrials * 0.1, kTrials * 0.02);
}

}  // namespace
}  // namespace melisai::stats
