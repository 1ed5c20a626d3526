// The promise of PairedTest on generated noise, over all looks together, with fixed seeds and
// binomial bounds.
#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/stats/paired_test.h"
#include "tests/unit/stats/noise.h"

namespace melisai::stats {
namespace {

using Draw = double (test::Noise::*)();

struct RateCase {
  std::string name;
  Draw draw;
};

std::string rate_case_name(const testing::TestParamInfo<RateCase>& info) { return info.param.name; }

// Of `trials` series, how many meet `condition` at any look.
int count_series(Draw draw, double shift, int pairs, int trials, const TestLevels& levels,
                 const std::function<bool(const Look&)>& condition) {
  const auto test = make_winsorised_test();
  test::Noise noise(20'241);
  int hits = 0;
  std::vector<double> values(static_cast<std::size_t>(pairs));
  for (int trial = 0; trial < trials; ++trial) {
    for (double& value : values) value = (noise.*draw)() + shift;
    for (int n = 1; n <= pairs; ++n) {
      if (!test->is_look(n)) continue;
      if (condition(test->look(std::span(values).first(static_cast<std::size_t>(n)), levels))) {
        ++hits;
        break;
      }
    }
  }
  return hits;
}

class PairedTestRates : public testing::TestWithParam<RateCase> {};

// Noise far above delta: nothing is called clear before the looks have spent everything they may.
TEST_P(PairedTestRates, LowerLimitExceedsTheTruthNoMoreThanPromised) {
  constexpr int kTrials = 2'000;
  for (const double alarm : {0.1, 0.0447, 0.00913, 0.003}) {
    const int hits = count_series(GetParam().draw, 0, 60, kTrials, {.delta = 0.01, .alarm = alarm},
                                  [](const Look& look) { return look.low > 0; });
    EXPECT_LE(hits, test::most_expected(kTrials, alarm)) << alarm;
  }
}

TEST_P(PairedTestRates, UpperLimitFallsBelowTheTruthNoMoreThanPromised) {
  constexpr int kTrials = 2'000;
  for (const double miss : {0.05, 0.025}) {
    const int hits = count_series(GetParam().draw, 0.01, 60, kTrials,
                                  {.delta = 0.01, .alarm = 0.01, .miss = miss},
                                  [](const Look& look) { return look.finding == Finding::clear; });
    EXPECT_LE(hits, test::most_expected(kTrials, miss)) << miss;
  }
}

INSTANTIATE_TEST_SUITE_P(Noise, PairedTestRates,
                         testing::Values(RateCase{"Gaussian", &test::Noise::normal},
                                         RateCase{"HeavyTails", &test::Noise::student3},
                                         RateCase{"TwoModes", &test::Noise::two_modes}),
                         rate_case_name);

TEST(PairedTest, HoldsItsLevelsFarBeyondSixtyPairs) {
  constexpr int kTrials = 500;
  const int hits =
      count_series(&test::Noise::normal, 0, 400, kTrials, {.delta = 0.01, .alarm = 0.1},
                   [](const Look& look) { return look.low > 0; });
  EXPECT_LE(hits, test::most_expected(kTrials, 0.1));
}

TEST(PairedTest, IsNotNeedlesslyStrict) {
  // Levels far below the promise would cost pairs: at least half of it is used on Gaussian noise.
  constexpr int kTrials = 2'000;
  const int hits =
      count_series(&test::Noise::normal, 0, 60, kTrials, {.delta = 0.01, .alarm = 0.0447},
                   [](const Look& look) { return look.low > 0; });
  EXPECT_GE(hits, kTrials * 0.0447 / 2);
}

}  // namespace
}  // namespace melisai::stats
