#include "core/stats/two_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "tests/unit/stats/noise.h"

namespace melisai::stats {
namespace {

using Values = std::vector<double>;

Values steps(std::size_t count, double step) {
  Values out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = step * static_cast<double>(i);
  return out;
}

/// The number of the difference, from 1, that is the lower limit; 0 when there is none. All
/// differences are distinct, and the upper limit must be the same number from above.
std::size_t rank_of(std::size_t base, std::size_t head, double level) {
  const Values b = steps(base, 10'000), h = steps(head, 1);
  Values differences;
  for (const double x : b)
    for (const double y : h) differences.push_back(y - x);
  std::sort(differences.begin(), differences.end());
  ShiftLimits limits;
  const Shift shift = limits.between(b, h, level, level);
  EXPECT_EQ(shift.low.has_value(), shift.high.has_value());
  if (!shift.low) return 0;
  const auto low = std::lower_bound(differences.begin(), differences.end(), *shift.low);
  const auto rank = static_cast<std::size_t>(low - differences.begin()) + 1;
  EXPECT_EQ(*shift.high, differences[differences.size() - rank]);
  return rank;
}

/// P(U <= u) by looking at every order of the two samples.
Values enumerated(std::size_t base, std::size_t head) {
  Values counts(base * head + 1, 0);
  std::vector<int> is_head(base + head, 0);
  std::fill_n(is_head.rbegin(), head, 1);
  double orders = 0;
  do {
    std::size_t below = 0, u = 0;
    for (const int each : is_head) (each == 1 ? u : below) += each == 1 ? below : 1;
    ++counts[u];
    ++orders;
  } while (std::next_permutation(is_head.begin(), is_head.end()));
  std::partial_sum(counts.begin(), counts.end(), counts.begin());
  for (double& count : counts) count /= orders;
  return counts;
}

TEST(ShiftLimits, TakeTheNarrowestRankThatKeepsTheLevel) {
  for (const auto& [base, head] : std::vector<std::pair<std::size_t, std::size_t>>{
           {1, 1}, {1, 30}, {2, 3}, {4, 4}, {5, 3}, {3, 9}, {8, 8}}) {
    const Values at_most = enumerated(base, head);
    for (const double level : {0.2, 0.05, 0.01, 0.0005}) {
      const std::size_t rank = rank_of(base, head, level);
      EXPECT_EQ(rank_of(head, base, level), rank);
      if (rank > 0) {
        EXPECT_LE(at_most[rank - 1], level) << base << ' ' << head;
      }
      EXPECT_GT(at_most[rank], level) << base << ' ' << head << ' ' << level;
    }
  }
}

TEST(ShiftLimits, ContinueWhereTheApproximationBegins) {
  // Tables of other programs end long before: these ranks are of exact integer arithmetic.
  EXPECT_EQ(rank_of(100, 100, 0.05), 4327u);
  EXPECT_EQ(rank_of(200, 200, 0.01), 17'313u);
  EXPECT_EQ(rank_of(1'000, 20, 0.001), 6'037u);
  for (const double level : {0.05, 0.001}) {
    const double exact = static_cast<double>(rank_of(215, 215, level)) / (215.0 * 215);
    const double approximate = static_cast<double>(rank_of(216, 216, level)) / (216.0 * 216);
    EXPECT_NEAR(approximate, exact, 0.002) << level;
  }
  // The approximation alone would be one rank too bold here: the true number is 45,490.
  EXPECT_LE(rank_of(1'000, 101, 0.05), 45'490u);
}

TEST(ShiftLimits, NeedAsManyValuesAsTheySay) {
  for (const double level : {0.2, 0.05, 0.01, 0.01 / 120}) {
    const auto needed = static_cast<std::size_t>(ShiftLimits::values_needed(level));
    EXPECT_GE(rank_of(needed, needed, level), 1u) << level;
    EXPECT_EQ(rank_of(needed - 1, needed - 1, level), 0u) << level;
  }
  EXPECT_EQ(ShiftLimits::values_needed(0.05), 3);
}

TEST(ShiftLimits, EstimateTheMiddleOfAllDifferences) {
  ShiftLimits limits;
  EXPECT_EQ(limits.between(Values{1, 2, 100}, Values{4, 5}, 0.05, 0.05).estimate, 2.5);
  EXPECT_EQ(limits.between(Values{1}, Values{4}, 0.05, 0.05).estimate, 3);
}

struct Shape {
  const char* name;
  std::function<double(test::Noise&)> draw;
};

TEST(ShiftLimits, AreWrongNoMoreOftenThanTheirLevel) {
  constexpr int kTrials = 2'000;
  constexpr double kShift = 3, kLow = 0.01, kHigh = 0.05;
  const std::vector<Shape> shapes = {
      {"normal", [](test::Noise& noise) { return noise.normal(); }},
      {"skewed", [](test::Noise& noise) { return std::exp(1.5 * noise.normal()); }},
      {"ties", [](test::Noise& noise) { return std::round(noise.normal()); }},
      {"two modes", [](test::Noise& noise) { return noise.coin() ? 5.0 : 0.1 * noise.normal(); }}};
  for (const Shape& shape : shapes)
    for (const auto& [base, head] :
         std::vector<std::pair<int, int>>{{6, 6}, {5, 14}, {40, 3}, {230, 220}}) {
      if (base > 100 && std::string_view(shape.name) != "normal") continue;  // the rank is the same
      const int trials = base > 100 ? kTrials / 10 : kTrials;
      test::Noise noise(7);
      ShiftLimits limits;
      int below = 0, above = 0;
      for (int i = 0; i < trials; ++i) {
        Values b, h;
        for (int k = 0; k < base; ++k) b.push_back(shape.draw(noise));
        for (int k = 0; k < head; ++k) h.push_back(shape.draw(noise) + kShift);
        const Shift shift = limits.between(b, h, kLow, kHigh);
        below += shift.low && *shift.low > kShift;
        above += shift.high && *shift.high < kShift;
      }
      EXPECT_LE(below, test::most_expected(trials, kLow)) << shape.name << base << ' ' << head;
      EXPECT_LE(above, test::most_expected(trials, kHigh)) << shape.name << base << ' ' << head;
    }
}

TEST(ShiftLimits, ThinOutWhatIsTooMuchEvenly) {
  ShiftLimits limits;
  const Values many = steps(10 * ShiftLimits::kValuesMax, 1);
  Values more = many;
  for (double& value : more) value += 500;
  const Shift shift = limits.between(many, more, 0.01, 0.01);
  EXPECT_NEAR(shift.estimate, 500, 20);
  EXPECT_GT(*shift.low, 0);
}

}  // namespace
}  // namespace melisai::stats
