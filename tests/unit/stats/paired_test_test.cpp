#include "core/stats/paired_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace melisai::stats {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

Look look_at(const std::vector<double>& values, const TestLevels& levels) {
  return make_winsorised_test()->look(values, levels);
}

// The level of all looks that gives one look (up to 60 pairs) the level `nominal`.
double level_for(double nominal) { return std::pow(nominal / 0.285, 1 / 1.23); }

TEST(PairedTest, LooksAtTheListedPairsOnly) {
  const auto test = make_winsorised_test();
  std::vector<int> looks;
  for (int pairs = 0; pairs <= 110; ++pairs) {
    if (test->is_look(pairs)) looks.push_back(pairs);
  }
  EXPECT_EQ(looks, (std::vector<int>{4, 6, 8, 10, 13, 16, 20, 26, 32, 40, 60, 80, 100}));
}

TEST(PairedTest, KnowsNothingBeforeFourPairs) {
  for (const auto& values : {std::vector<double>{3}, {3, 3}, {3, 3, 3}}) {
    const Look look = look_at(values, {.delta = 0.05});
    EXPECT_EQ(look.finding, Finding::open);
    EXPECT_DOUBLE_EQ(look.center, 3);
    EXPECT_EQ(look.low, -kInfinite);
    EXPECT_EQ(look.high, kInfinite);
  }
}

TEST(PairedTest, UsesStudentsQuantilesOfTheMean) {
  // Four pairs are not trimmed: mean 2.5, standard error sqrt(5/12), t(3) = 3.1824 at 2.5 % and
  // 5.8409 at 0.5 %.
  const Look look =
      look_at({1, 4, 2, 3}, {.delta = 20, .alarm = level_for(0.025), .miss = level_for(0.005)});
  EXPECT_DOUBLE_EQ(look.center, 2.5);
  EXPECT_NEAR(look.low, 2.5 - 3.1824 * std::sqrt(5.0 / 12), 1e-3);
  EXPECT_NEAR(look.high, 2.5 + 5.8409 * std::sqrt(5.0 / 12), 1e-3);
  EXPECT_EQ(look.finding, Finding::clear) << "ruling out delta goes before a small slowdown";
}

TEST(PairedTest, TrimsAFifthAtEachEnd) {
  // Yuen: 1 and 100 are trimmed, winsorised {2,2,3,4,5,5}: squares 9.5 around 3.5, over 4 * 3.
  const Look look = look_at({100, 5, 4, 3, 2, 1}, {.delta = 1000, .alarm = level_for(0.025)});
  EXPECT_DOUBLE_EQ(look.center, 3.5);
  EXPECT_NEAR(look.low, 3.5 - 3.1824 * std::sqrt(9.5 / 12), 1e-3);
}

TEST(PairedTest, IsCertainOfConstants) {
  const TestLevels levels{.delta = 0.05};
  for (const auto& [value, finding] : {std::pair{0.0, Finding::clear},
                                       {-0.2, Finding::clear},
                                       {0.0499, Finding::clear},
                                       {0.05, Finding::slower},
                                       {0.3, Finding::slower}}) {
    const Look look = look_at({value, value, value, value}, levels);
    EXPECT_EQ(look.finding, finding) << value;
    EXPECT_DOUBLE_EQ(look.low, value);
    EXPECT_DOUBLE_EQ(look.high, value);
  }
}

TEST(PairedTest, TakesExactlyDeltaForSlowerDespiteRounding) {
  const double delta = std::log1p(0.05);
  const std::vector<double> values = {std::log(105.0) - std::log(100.0),
                                      std::log(1.05e9) - std::log(1e9),
                                      std::log(21.0) - std::log(20.0), std::log(1.05)};
  EXPECT_EQ(look_at(values, {.delta = delta}).finding, Finding::slower);
}

TEST(PairedTest, IsNotCertainWhenTrimmingHidesTheSpread) {
  // Five ties and one outlier: nothing is left of the spread, yet five ties prove little.
  for (const double tie : {0.0, 0.08}) {
    const Look look = look_at({tie, tie, tie, tie, tie, 0.9}, {.delta = 0.05, .miss = 0.025});
    EXPECT_EQ(look.finding, Finding::open) << tie;
    EXPECT_EQ(look.high, kInfinite);
  }
  EXPECT_EQ(look_at({0, 0, 0, 0.9}, {.delta = 0.05}).finding, Finding::open);
}

TEST(PairedTest, LimitsOfTiedValuesComeFromTheirOrder) {
  // Of 13 fair coins fewer than 2 show heads with probability 14/8192, fewer than 3 with 92/8192.
  std::vector<double> values(13, 0.0);
  values[4] = 0.7;
  values[9] = -0.7;
  const auto limits_at = [&values](double nominal) {
    return look_at(values,
                   {.delta = 0.05, .alarm = level_for(nominal), .miss = level_for(nominal)});
  };
  EXPECT_EQ(limits_at(0.9 * 1 / 8192).high, kInfinite);
  EXPECT_EQ(limits_at(1.1 * 1 / 8192).high, 0.7);
  EXPECT_EQ(limits_at(1.1 * 1 / 8192).low, -0.7);
  EXPECT_EQ(limits_at(1.1 * 14 / 8192).high, 0.0);
  EXPECT_EQ(limits_at(1.1 * 14 / 8192).finding, Finding::clear);
}

TEST(PairedTest, OneWildPairChangesNothing) {
  std::vector<double> quiet = {0.061, 0.055, 0.064, 0.058, 0.060,
                               0.057, 0.063, 0.059, 0.062, 0.060};
  EXPECT_EQ(look_at(quiet, {.delta = 0.05}).finding, Finding::slower);
  quiet[3] = -4;
  EXPECT_EQ(look_at(quiet, {.delta = 0.05}).finding, Finding::slower);
}

TEST(PairedTest, OrderDoesNotMatter) {
  std::vector<double> values = {0.03, -0.01, 0.02, 0.07, 0.05, 0.01};
  const Look look = look_at(values, {.delta = 0.05});
  std::sort(values.begin(), values.end());
  const Look sorted = look_at(values, {.delta = 0.05});
  EXPECT_DOUBLE_EQ(look.low, sorted.low);
  EXPECT_DOUBLE_EQ(look.high, sorted.high);
}

TEST(PairedTest, ScalesWithTheUnit) {
  const std::vector<double> values = {0.03, -0.01, 0.02, 0.07, 0.05, 0.01};
  const Look look = look_at(values, {.delta = 0.05});
  for (const double unit : {1e-6, 1e9}) {
    std::vector<double> scaled = values;
    for (double& value : scaled) value *= unit;
    const Look other = look_at(scaled, {.delta = 0.05 * unit});
    EXPECT_EQ(other.finding, look.finding);
    EXPECT_NEAR(other.low / unit, look.low, 1e-12);
    EXPECT_NEAR(other.high / unit, look.high, 1e-12);
  }
}

TEST(PairedTest, MirrorsWithTheSign) {
  const std::vector<double> values = {0.03, -0.01, 0.02, 0.07, 0.05, 0.01};
  std::vector<double> mirrored = values;
  for (double& value : mirrored) value = -value;
  const Look look = look_at(values, {.delta = 0.05, .alarm = 0.1, .miss = 0.02});
  const Look other = look_at(mirrored, {.delta = 0.05, .alarm = 0.02, .miss = 0.1});
  EXPECT_DOUBLE_EQ(look.low, -other.high);
  EXPECT_DOUBLE_EQ(look.high, -other.low);
  EXPECT_DOUBLE_EQ(look.center, -other.center);
}

TEST(PairedTest, StricterLevelsWidenTheInterval) {
  const std::vector<double> values = {0.03, -0.01, 0.02, 0.07, 0.05, 0.01};
  const Look loose = look_at(values, {.delta = 0.05, .alarm = 0.1, .miss = 0.1});
  const Look strict = look_at(values, {.delta = 0.05, .alarm = 0.05, .miss = 0.01});
  EXPECT_LT(strict.low, loose.low);
  EXPECT_GT(strict.high, loose.high);
}

TEST(PairedTest, FewPairsCannotMeetATinyLevel) {
  const std::vector<double> values = {0.2000, 0.2001, 0.1999, 0.2000};
  EXPECT_EQ(look_at(values, {.delta = 0.05, .alarm = 0.05}).finding, Finding::slower);
  EXPECT_EQ(look_at(values, {.delta = 0.05, .alarm = 0.005}).finding, Finding::open);
}

}  // namespace
}  // namespace melisai::stats
