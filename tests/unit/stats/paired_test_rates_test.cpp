// The promise of PairedTest on generated noise, over all looks together, with fixed seeds and
// binomial bounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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
  double unit = 1;  ///< makes the middle of the noise about as wide as a standard normal
};

std::string rate_case_name(const testing::TestParamInfo<RateCase>& info) { return info.param.name; }

struct Setting {
  RateCase noise;
  double spread = 1;  ///< in units of delta
  double shift = 0;   ///< likewise
  int pairs = 60;
  int trials = 600;
};

// Of `trials` series, how many meet `condition` at any look. delta is 1.
int count_series(const Setting& setting, const Rates& rates,
                 const std::function<bool(const Look&)>& condition) {
  const auto test = make_paired_test();
  test::Noise noise(20'241);
  int hits = 0;
  std::vector<double> values(static_cast<std::size_t>(setting.pairs));
  for (int trial = 0; trial < setting.trials; ++trial) {
    for (double& value : values) {
      value = (noise.*setting.noise.draw)() * setting.noise.unit * setting.spread + setting.shift;
    }
    for (int n = 1; n <= setting.pairs; ++n) {
      if (!test->is_look(n)) continue;
      const auto seen = std::span(values).first(static_cast<std::size_t>(n));
      if (condition(test->look(seen, {.delta = 1, .rates = rates}))) {
        ++hits;
        break;
      }
    }
  }
  return hits;
}

bool above_zero(const Look& look) { return look.low > 0; }
bool is_clear(const Look& look) { return look.finding == Finding::clear; }

class PairedTestRates : public testing::TestWithParam<RateCase> {};

// Narrow noise is decided at once, very wide noise never: the risk is between.
constexpr double kSpreads[] = {0.8, 1.4, 2, 20};

TEST_P(PairedTestRates, LowerLimitExceedsTheTruthNoMoreThanPromised) {
  for (const double spread : kSpreads) {
    for (const double alarm : {0.1, 0.00913}) {
      const Setting setting{.noise = GetParam(), .spread = spread};
      EXPECT_LE(count_series(setting, {.alarm = alarm}, above_zero),
                test::most_expected(setting.trials, alarm))
          << spread << ' ' << alarm;
    }
  }
}

TEST_P(PairedTestRates, ClearOfAShiftOfDeltaNoMoreThanPromised) {
  for (const double spread : kSpreads) {
    const Setting setting{.noise = GetParam(), .spread = spread, .shift = 1};
    EXPECT_LE(count_series(setting, {.alarm = 0.1, .miss = 0.045}, is_clear),
              test::most_expected(setting.trials, 0.045))
        << spread;
  }
}

const RateCase kGaussian{"Gaussian", &test::Noise::normal};

INSTANTIATE_TEST_SUITE_P(Noise, PairedTestRates,
                         testing::Values(kGaussian,
                                         RateCase{"Laplace", &test::Noise::laplace, 0.97},
                                         RateCase{"HeavyTails", &test::Noise::student3, 0.88},
                                         RateCase{"Outliers", &test::Noise::outliers, 0.87},
                                         RateCase{"TwoModes", &test::Noise::two_modes, 1.41},
                                         RateCase{"ThreeModes", &test::Noise::three_modes}),
                         rate_case_name);

TEST(PairedTest, HoldsItsLevelsFarBeyondSixtyPairs) {
  const Setting setting{.noise = kGaussian, .spread = 4, .pairs = 400, .trials = 300};
  EXPECT_LE(count_series(setting, {.alarm = 0.1}, above_zero),
            test::most_expected(setting.trials, 0.1));
}

TEST(PairedTest, IsNotNeedlesslyStrict) {
  // Levels far below the promise would cost pairs: at least half of it is used on Gaussian noise.
  const Setting setting{.noise = kGaussian, .spread = 1.4, .trials = 2'000};
  EXPECT_GE(count_series(setting, {.alarm = 0.1}, above_zero), 100);
}

// Mean pairs of one stage at alarm 0.01 and miss 0.05.
double mean_pairs(double spread, double shift, int trials = 400) {
  const auto test = make_paired_test();
  test::Noise noise(7);
  int pairs = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values;
    Finding finding = Finding::open;
    while (finding == Finding::open && values.size() < 400) {
      values.push_back(noise.normal() * spread + shift);
      ++pairs;
      if (!test->is_look(static_cast<int>(values.size()))) continue;
      finding = test->look(values, {.delta = 1}).finding;
    }
  }
  return static_cast<double>(pairs) / trials;
}

TEST(PairedTest, StaysWithinTwiceWaldsBound) {
  // Wald, Sequential Analysis (1947), section 3.5: mean pairs where the spread is known.
  const double alarm = 0.01, miss = 0.05;
  const double slower = std::log((1 - miss) / alarm), clear = std::log((1 - alarm) / miss);
  const double equal = 2 * ((1 - alarm) * clear - alarm * slower);
  const double slow = 2 * ((1 - miss) * slower - miss * clear);
  for (const double spread : {1.0, 2.0}) {
    EXPECT_LE(mean_pairs(spread, 0), 1.85 * equal * spread * spread) << spread;
    EXPECT_LE(mean_pairs(spread, 1), 2.1 * slow * spread * spread) << spread;
  }
  EXPECT_LE(mean_pairs(0.5, 0, 2'000), 5);
}

// Share of series for which pairs_expected() after eight pairs is within a factor of two.
double share_foretold(const Setting& setting) {
  const auto test = make_paired_test();
  const TestLevels levels{.delta = 1, .rates = {.alarm = 0.1, .miss = 0.045}};
  test::Noise noise(5);
  int good = 0;
  int all = 0;
  for (int trial = 0; trial < setting.trials; ++trial) {
    std::vector<double> values;
    int expected = 0;
    Finding finding = Finding::open;
    while (finding == Finding::open && values.size() < 1'000) {
      values.push_back((noise.*setting.noise.draw)() * setting.spread + setting.shift);
      const int pairs = static_cast<int>(values.size());
      if (!test->is_look(pairs)) continue;
      finding = test->look(values, levels).finding;
      if (pairs == 8 && finding == Finding::open) expected = test->pairs_expected(values, levels);
    }
    if (expected == 0) continue;
    ++all;
    const double ratio = expected / static_cast<double>(values.size());
    good += ratio >= 0.5 && ratio <= 2 ? 1 : 0;
  }
  return static_cast<double>(good) / std::max(1, all);
}

TEST(PairsExpected, AreMostlyWithinAFactorOfTwo) {
  for (const Draw draw : {&test::Noise::normal, &test::Noise::student3}) {
    for (const double shift : {0.0, 1.0}) {
      EXPECT_GE(share_foretold({.noise = {"", draw}, .shift = shift, .trials = 300}), 0.75)
          << shift;
    }
  }
}

// Median over series of smallest_found() from 20 pairs of Gaussian noise with spread 1.
double median_floor(const TwoStages& stages, int pairs) {
  const auto test = make_paired_test();
  test::Noise noise(11);
  std::vector<double> floors;
  for (int trial = 0; trial < 101; ++trial) {
    std::vector<double> values(20);
    for (double& value : values) value = noise.normal();
    floors.push_back(test->smallest_found(values, stages, pairs));
  }
  std::sort(floors.begin(), floors.end());
  return floors[50];
}

// Share of series with a shift of 1 that both stages call slower within `pairs`.
double share_found(double spread, const TwoStages& stages, int pairs) {
  const auto test = make_paired_test();
  test::Noise noise(13);
  constexpr int kTrials = 300;
  int found = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values;
    bool confirming = false;
    Finding finding = Finding::open;
    for (int pair = 1; pair <= pairs && finding == Finding::open; ++pair) {
      values.push_back(noise.normal() * spread + 1);
      if (!test->is_look(static_cast<int>(values.size())) && pair < pairs) continue;
      const Rates& rates = confirming ? stages.confirmation : stages.screening;
      finding = test->look(values, {.delta = 1, .rates = rates}).finding;
      if (finding != Finding::slower || confirming) continue;
      finding = Finding::open;
      confirming = true;
      values.clear();
    }
    found += finding == Finding::slower ? 1 : 0;
  }
  return static_cast<double>(found) / kTrials;
}

TEST(NoiseFloor, IsWithinAQuarterOfWhatIsFound) {
  const TwoStages stages = two_stages({.alarm = 0.01, .miss = 0.05});
  for (const int pairs : {16, 30, 60}) {
    const double floor = median_floor(stages, pairs);
    EXPECT_GE(share_found(1 / (1.25 * floor), stages, pairs), 0.95) << pairs;
    EXPECT_LE(share_found(1 / (0.75 * floor), stages, pairs), 0.95) << pairs;
  }
}

}  // namespace
}  // namespace melisai::stats
