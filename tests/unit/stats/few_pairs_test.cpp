#include "core/stats/few_pairs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/unit/stats/noise.h"

namespace melisai::stats::few_pairs_test {
namespace {

using Values = std::vector<double>;
constexpr Rates kRates{.alarm = 0.01, .miss = 0.05};

TEST(FewPairs, ThreePairsSayNothing) {
  const ShiftOfFew shift = shift_of_few(Values{1, 1, 1}, Values{9, 9, 9}, kRates);
  EXPECT_EQ(shift.center, 8);
  EXPECT_TRUE(std::isinf(shift.low) && std::isinf(shift.high));
}

TEST(FewPairs, WithoutSpreadTheShiftIsExact) {
  const ShiftOfFew shift = shift_of_few(Values{1, 1, 1, 1}, Values{9, 9, 9, 9}, kRates);
  EXPECT_EQ(shift.low, 8);
  EXPECT_EQ(shift.high, 8);
}

// t of six degrees of freedom at 0.0025: 4.317; of three: 7.453. The standard error is 1/sqrt(3).
TEST(FewPairs, TheLimitsAreThoseOfStudent) {
  const Values base{9, 9, 11, 11};
  const Values head{21, 19, 21, 19};
  const ShiftOfFew independent = shift_of_few(base, head, {.alarm = 0.01, .miss = 0.01});
  EXPECT_NEAR(independent.low, 10 - 4.317 * std::sqrt(8.0 / 12), 0.01);
  EXPECT_NEAR(independent.high, 10 + 4.317 * std::sqrt(8.0 / 12), 0.01);
}

TEST(FewPairs, DriftThatBothSidesShareDoesNotHideAShift) {
  const ShiftOfFew shift =
      shift_of_few(Values{0, 100, 200, 300}, Values{10, 111, 210, 311}, kRates);
  EXPECT_GT(shift.low, 0);
}

TEST(FewPairs, ASmallerErrorTakesMorePairs) {
  EXPECT_EQ(pairs_needed(0.5), 4);
  EXPECT_EQ(pairs_needed(1.0 / 256), 4);
  EXPECT_EQ(pairs_needed(0.0039), 5);
  EXPECT_EQ(pairs_needed(0.01 / 40), 6);
  EXPECT_EQ(pairs_needed(0.01 / 41), 7);
}

using Shape = double (test::Noise::*)();

/// Series of equal sides in which a shift is found at any look from four to eight pairs.
int alarms(Shape shape, int series, const Rates& rates) {
  test::Noise noise(11);
  int found = 0;
  for (int i = 0; i < series; ++i) {
    Values base, head;
    bool is_alarm = false;
    for (int pair = 0; pair < 8; ++pair) {
      base.push_back((noise.*shape)());
      head.push_back((noise.*shape)());
      is_alarm = is_alarm || shift_of_few(base, head, rates).low > 0;
    }
    found += is_alarm;
  }
  return found;
}

TEST(FewPairs, EqualSidesAreRarelyToldApart) {
  constexpr int kRuns = 4'000;
  for (const Shape shape : {&test::Noise::normal, &test::Noise::student3, &test::Noise::laplace,
                            &test::Noise::outliers, &test::Noise::uniform})
    for (const double alarm : {0.05, 0.01})
      EXPECT_LE(alarms(shape, kRuns, {.alarm = alarm, .miss = 0.05}),
                test::most_expected(kRuns, alarm))
          << alarm;
}

// The noise that no spread gives away: a host that is in one of two states, nearly always at once.
TEST(FewPairs, StatesOfAHostAreRarelyToldApart) {
  constexpr int kRuns = 20'000;
  test::Noise noise(5);
  int found = 0;
  for (int i = 0; i < kRuns; ++i) {
    Values base, head;
    for (int pair = 0; pair < 4; ++pair) {
      base.push_back(noise.coin() ? 20 : 0);
      head.push_back(noise.coin() ? 20 : 0);
    }
    found += shift_of_few(base, head, kRates).low > 0;
  }
  EXPECT_GT(found, 0) << "chance does it now and then";
  EXPECT_LE(found, test::most_expected(kRuns, 0.01));
}

}  // namespace
}  // namespace melisai::stats::few_pairs_test
