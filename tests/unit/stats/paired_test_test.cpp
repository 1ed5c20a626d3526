#include "core/stats/paired_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/stats/location_evidence.h"
#include "tests/unit/stats/noise.h"

namespace melisai::stats {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr Rates kStage = {.alarm = 0.1, .miss = 0.045};

Look look_at(const std::vector<double>& values, const TestLevels& levels) {
  return make_paired_test()->look(values, levels);
}

TEST(PairedTest, LooksAtEveryPairAndLaterAtEveryTenthMore) {
  const auto test = make_paired_test();
  std::vector<int> looks;
  for (int pairs = 0; pairs <= 70; ++pairs) {
    if (test->is_look(pairs)) looks.push_back(pairs);
  }
  EXPECT_EQ(looks, (std::vector<int>{4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                                     20, 22, 24, 26, 28, 30, 33, 36, 39, 42, 46, 50, 55, 60, 66}));
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

TEST(PairedTest, TakesWhatIsDeltaButForRoundingForSlower) {
  const double almost = 0.05 * (1 - 1e-12);
  EXPECT_EQ(look_at({almost, almost, almost, almost}, {.delta = 0.05}).finding, Finding::slower);
}

TEST(PairedTest, TakesExactlyDeltaForSlowerDespiteRounding) {
  const double delta = std::log1p(0.05);
  const std::vector<double> values = {std::log(105.0) - std::log(100.0),
                                      std::log(1.05e9) - std::log(1e9),
                                      std::log(21.0) - std::log(20.0), std::log(1.05)};
  EXPECT_EQ(look_at(values, {.delta = delta}).finding, Finding::slower);
}

TEST(PairedTest, DecidesAfterFourQuietPairs) {
  EXPECT_EQ(look_at({0.001, -0.006, 0.004, -0.002}, {.delta = 0.05, .rates = kStage}).finding,
            Finding::clear);
  EXPECT_EQ(look_at({0.051, 0.044, 0.054, 0.048}, {.delta = 0.05, .rates = kStage}).finding,
            Finding::slower);
}

TEST(PairedTest, ClearsASlowdownBelowDeltaThatIsMeasuredPrecisely) {
  std::vector<double> values;
  for (int i = 0; i < 12; ++i) values.push_back(0.03 + 0.0005 * (i % 5 - 2));
  const Look look = look_at(values, {.delta = 0.05, .rates = kStage});
  EXPECT_EQ(look.finding, Finding::clear);
  EXPECT_GT(look.low, 0) << "and it is a slowdown all the same";
}

TEST(PairedTest, FindsASlowdownManyTimesDelta) {
  EXPECT_EQ(
      look_at({2.1, 1.9, 2.3, 2.0, 1.8, 2.2, 2.0, 2.1}, {.delta = 0.01, .rates = kStage}).finding,
      Finding::slower);
}

TEST(PairedTest, ThreeAgreeingPairsOfFiveProveNothing) {
  // Two modes on either side would show that in one case of ten.
  for (const auto& [tie, wild] : {std::pair{0.0, 0.9}, {0.05, -0.9}}) {
    const TestLevels levels{.delta = 0.05, .rates = kStage};
    EXPECT_EQ(look_at({tie, wild, tie, wild, tie}, levels).finding, Finding::open) << tie;
    EXPECT_NE(look_at({tie, tie, tie, wild, tie, tie}, levels).finding, Finding::open) << tie;
  }
}

// The fewest of `pairs` that must lie near delta, all others near 0, to show a slowdown.
int agreeing_needed(int pairs, double alarm) {
  const TestLevels levels{.delta = 0.05, .rates = {.alarm = alarm, .miss = kStage.miss}};
  int needed = pairs + 1;
  for (int agreeing = pairs; agreeing > pairs / 2; --agreeing) {
    std::vector<double> values;
    for (int i = 0; i < pairs; ++i)
      values.push_back(i < agreeing ? 0.06 + 0.005 * (i % 3 - 1) : 0.01);
    if (look_at(values, levels).low <= 0) break;
    needed = agreeing;
  }
  return needed;
}

TEST(PairedTest, AsManyPairsMustAgreeAsModesDoNotExplain) {
  // A mode that has a third of the pairs shows so many of them with probability 1.5 level^1.4.
  std::vector<int> often, rarely;
  for (int pairs = 4; pairs <= 14; ++pairs) {
    often.push_back(agreeing_needed(pairs, 0.1));
    // From ten pairs on, outliers are trimmed, and the trimmed limits may be the tighter ones.
    if (pairs < 10) rarely.push_back(agreeing_needed(pairs, 0.01));
  }
  EXPECT_EQ(often, (std::vector{4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9}));
  EXPECT_EQ(rarely, (std::vector{5, 6, 6, 7, 8, 8}));
}

TEST(PairedTest, TheLimitIsWhereTheEvidenceIsJustEnough) {
  test::Noise noise(3);
  std::vector<double> values;
  for (int pairs = 1; pairs <= 40; ++pairs) {
    values.push_back(noise.normal());
    if (pairs != 20 && pairs != 40) continue;
    for (const double alarm : {0.1, 0.01}) {
      const double low = look_at(values, {.delta = 1, .rates = {.alarm = alarm}}).low;
      // A twentieth of the level belongs to the trimmed limits.
      const double needed =
          1.2 * std::log(1 / (0.95 * alarm)) - 0.1 + 0.8 * std::log(std::min(pairs, 25) / 10.0);
      EXPECT_GT(evidence_of_shift(values, low), needed) << pairs << ' ' << alarm;
      EXPECT_LT(evidence_of_shift(values, low), needed + 0.05) << pairs << ' ' << alarm;
    }
  }
}

TEST(PairedTest, NearlyHalfOfThePairsMayBeWild) {
  std::vector<double> values;
  for (int i = 0; i < 11; ++i) values.push_back(0.06 + 0.01 * (i % 5 - 2));
  for (const double wild : {-4.0, 4.0, -4.0, 4.0, -4.0, 4.0, -4.0, 4.0}) values.push_back(wild);
  EXPECT_EQ(look_at(values, {.delta = 0.05, .rates = kStage}).finding, Finding::slower);
}

TEST(PairedTest, DoesNotStopForASlowdownThatIsPreciselyLessThanDelta) {
  // So few misses that it is not clear either.
  const TestLevels levels{.delta = 0.05, .rates = {.alarm = 0.1, .miss = 1e-4}};
  const Look look = look_at({0.0401, 0.0399, 0.0402, 0.0398}, levels);
  EXPECT_GT(look.low, 0);
  EXPECT_EQ(look.finding, Finding::open);
  EXPECT_EQ(look_at({0.0501, 0.0499, 0.0502, 0.0498}, levels).finding, Finding::slower);
}

TEST(PairedTest, OneWildPairChangesNothing) {
  std::vector<double> quiet = {0.061, 0.055, 0.064, 0.058, 0.060,
                               0.057, 0.063, 0.059, 0.062, 0.060};
  EXPECT_EQ(look_at(quiet, {.delta = 0.05}).finding, Finding::slower);
  for (const double wild : {-4.0, 4.0, -1e150, 1e150}) {
    quiet[3] = wild;
    const Look look = look_at(quiet, {.delta = 0.05});
    EXPECT_EQ(look.finding, Finding::slower) << wild;
    EXPECT_NEAR(look.center, 0.06, 0.002) << wild;
  }
}

TEST(PairedTest, ValuesOfAnySizeGiveAnAnswer) {
  for (const double delta : {std::numeric_limits<double>::min(), 1.0, 1e140}) {
    const Look look = look_at({-1e149, 1e149, 3, -4, 0, 1e100}, {.delta = delta});
    EXPECT_FALSE(std::isnan(look.low) || std::isnan(look.high)) << delta;
    const auto test = make_paired_test();
    const std::vector<double> values = {-1e149, 1e149, 3, -4};
    EXPECT_GT(test->pairs_expected(values, {.delta = delta}), 4);
    EXPECT_LE(test->pairs_expected(values, {.delta = delta}), kPairsForetold);
  }
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
  const std::vector<double> values = {0.03, -0.01, 0.02, 0.03, 0.01, 0.01, 0.02};
  const Look look = look_at(values, {.delta = 0.05});
  for (const double unit : {1e-6, 1e9}) {
    std::vector<double> scaled = values;
    for (double& value : scaled) value *= unit;
    const Look other = look_at(scaled, {.delta = 0.05 * unit});
    EXPECT_EQ(other.finding, look.finding);
    EXPECT_NEAR(other.low / unit, look.low, 1e-9);
    EXPECT_NEAR(other.high / unit, look.high, 1e-9);
  }
}

TEST(PairedTest, MirrorsWithTheSign) {
  const std::vector<double> values = {0.03, -0.01, 0.02, 0.07, 0.05, 0.01};
  std::vector<double> mirrored = values;
  for (double& value : mirrored) value = -value;
  const Look look = look_at(values, {.delta = 0.05, .rates = {.alarm = 0.1, .miss = 0.02}});
  const Look other = look_at(mirrored, {.delta = 0.05, .rates = {.alarm = 0.02, .miss = 0.1}});
  EXPECT_NEAR(look.low, -other.high, 1e-12);
  EXPECT_NEAR(look.high, -other.low, 1e-12);
  EXPECT_NEAR(look.center, -other.center, 1e-12);
}

TEST(PairedTest, MovesWithTheValues) {
  const std::vector<double> values = {0.03, 0.01, 0.02, 0.03, 0.025, 0.01, 0.02, 0.015};
  std::vector<double> moved = values;
  for (double& value : moved) value += 0.2;
  const Look look = look_at(values, {.delta = 0.05});
  const Look other = look_at(moved, {.delta = 0.05});
  EXPECT_NEAR(other.low, look.low + 0.2, 1e-9);
  EXPECT_NEAR(other.high, look.high + 0.2, 1e-9);
}

TEST(PairedTest, StricterLevelsWidenTheInterval) {
  const std::vector<double> values = {0.03, -0.01, 0.02, 0.03, 0.01, 0.01, 0.02};
  const Look loose = look_at(values, {.delta = 0.05, .rates = {.alarm = 0.1, .miss = 0.1}});
  const Look strict = look_at(values, {.delta = 0.05, .rates = {.alarm = 0.05, .miss = 0.01}});
  EXPECT_LT(strict.low, loose.low);
  EXPECT_GT(strict.high, loose.high);
}

TEST(PairedTest, FewPairsCannotMeetATinyLevel) {
  const std::vector<double> values = {0.2000, 0.2001, 0.1999, 0.2000};
  EXPECT_EQ(look_at(values, {.delta = 0.05, .rates = {.alarm = 0.05}}).finding, Finding::slower);
  EXPECT_EQ(look_at(values, {.delta = 0.05, .rates = {.alarm = 0.003}}).finding, Finding::open);
}

TEST(TwoStagesOfATest, KeepTheirTotalTogether) {
  for (const Rates& total : {Rates{}, Rates{.alarm = 1e-5, .miss = 0.2}}) {
    const TwoStages stages = two_stages(total);
    EXPECT_NEAR(stages.screening.alarm * stages.confirmation.alarm, total.alarm, 1e-12);
    EXPECT_NEAR(stages.screening.miss + stages.confirmation.miss, total.miss, 1e-12);
  }
}

TEST(NoiseFloor, IsZeroForConstantsAndInfiniteForTooFewPairs) {
  const auto test = make_paired_test();
  const TwoStages stages = two_stages({});
  EXPECT_EQ(test->smallest_found(std::vector<double>(6, 0.01), stages, 60), 0);
  EXPECT_EQ(test->smallest_found(std::vector<double>{0.01, 0.02, 0.0, -0.01}, stages, 7),
            kInfinite);
}

TEST(NoiseFloor, IsInTheUnitOfTheValues) {
  const auto test = make_paired_test();
  std::vector<double> values = {0.01, 0.02, 0.0, -0.01, 0.015};
  const double floor = test->smallest_found(values, two_stages({}), 40);
  for (double& value : values) value *= 1000;
  EXPECT_NEAR(test->smallest_found(values, two_stages({}), 40), 1000 * floor, 1e-6 * floor);
}

}  // namespace
}  // namespace melisai::stats
