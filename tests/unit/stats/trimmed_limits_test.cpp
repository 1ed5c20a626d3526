#include "core/stats/trimmed_limits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace melisai::stats {
namespace {

constexpr double kEndless = std::numeric_limits<double>::infinity();

// The level of all looks that gives one look (up to 60 pairs) the level `nominal`.
double level_for(double nominal) { return std::pow(nominal / 0.2, 1 / 1.23); }

Limits limits_at(const std::vector<double>& sorted, double low, double high) {
  return TrimmedLimits()(sorted,
                         {.low = level_for(low), .high = level_for(high), .rounding = 1e-12});
}

TEST(TrimmedLimits, UseStudentsQuantilesOfTheMean) {
  // Four pairs are not trimmed: mean 2.5, standard error sqrt(5/12), t(3) = 3.1824 at 2.5 % and
  // 4.1765 at 1.25 %.
  const Limits limits = limits_at({1, 2, 3, 4}, 0.025, 0.0125);
  EXPECT_NEAR(limits.low, 2.5 - 3.1824 * std::sqrt(5.0 / 12), 1e-3);
  EXPECT_NEAR(limits.high, 2.5 + 4.1765 * std::sqrt(5.0 / 12), 1e-3);
}

TEST(TrimmedLimits, TrimAFifthAtEachEnd) {
  // Yuen: 1 and 100 are trimmed, winsorised {2,2,3,4,5,5}: squares 9.5 around 3.5, over 4 * 3.
  const Limits limits = limits_at({1, 2, 3, 4, 5, 100}, 0.025, 0.025);
  EXPECT_NEAR(limits.low, 3.5 - 3.1824 * std::sqrt(9.5 / 12), 1e-3);
  EXPECT_NEAR(limits.high, 3.5 + 3.1824 * std::sqrt(9.5 / 12), 1e-3);
}

TEST(TrimmedLimits, AreTheValueWhereAllAreEqual) {
  const Limits limits = limits_at({7, 7, 7, 7 + 1e-13}, 0.01, 0.01);
  EXPECT_DOUBLE_EQ(limits.low, 7);
  EXPECT_DOUBLE_EQ(limits.high, 7);
}

TEST(TrimmedLimits, OfTiedValuesComeFromTheirOrder) {
  // Of 13 fair coins fewer than 2 show heads with probability 14/8192, fewer than 3 with 92/8192.
  std::vector<double> sorted(13, 0.0);
  sorted.front() = -0.7;
  sorted.back() = 0.7;
  const double once = 1.0 / 8192;
  EXPECT_EQ(limits_at(sorted, 0.9 * once, 0.9 * once).high, kEndless);
  EXPECT_EQ(limits_at(sorted, 1.1 * once, 1.1 * once).high, 0.7);
  EXPECT_EQ(limits_at(sorted, 1.1 * once, 1.1 * once).low, -0.7);
  EXPECT_EQ(limits_at(sorted, 1.1 * once, 15.4 * once).high, 0.0);
}

TEST(TrimmedLimits, ProveNothingBeyondWhatModesExplain) {
  const std::vector<double> quiet = {0.1999, 0.2000, 0.2000, 0.2001};
  const double provable = std::pow(1.0 / 3, 4);
  EXPECT_GT(limits_at(quiet, 1.01 * provable, 0.1).low, 0);
  EXPECT_EQ(limits_at(quiet, 0.99 * provable, 0.1).low, -kEndless);
}

TEST(TrimmedMean, CutsOffAtLeastOneOfThreeAtEachEnd) {
  EXPECT_DOUBLE_EQ(trimmed_mean(std::vector<double>{1, 5}), 3);
  EXPECT_DOUBLE_EQ(trimmed_mean(std::vector<double>{-9, 2, 800}), 2);
  EXPECT_DOUBLE_EQ(trimmed_mean(std::vector<double>{-9, 2, 3, 800}), 2.5);
  EXPECT_DOUBLE_EQ(trimmed_mean(std::vector<double>{-9, -8, 1, 2, 3, 4, 5, 6, 70, 800}), 3.5);
}

}  // namespace
}  // namespace melisai::stats
