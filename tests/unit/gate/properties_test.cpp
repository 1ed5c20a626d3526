// What must hold of the gate's decisions whatever the noise: seeds are fixed, rates are bounded
// binomially.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "tests/bench/detection_shapes.h"
#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace properties_test {

constexpr int kPairs = 60;
constexpr double kRounding = 1e-9;

struct Values {
  std::vector<double> base;
  std::vector<double> head;
};

/// Log ratios of a shape with `spread`, around log(1 + change).
Values draw(const std::string& shape, double spread, double change, test::Noise& noise) {
  const bench::Draw next = bench::shape_named(shape).start(noise);
  Values values;
  for (int i = 0; i < kPairs; ++i) {
    values.base.push_back(100 + 10 * noise.uniform());
    values.head.push_back(values.base.back() * (1 + change) * std::exp(spread * next()));
  }
  return values;
}

BenchmarkResult judge(const Values& values, const Policy& policy = {},
                      const Metric& metric = test::wall_time(), int suite = 1) {
  const auto rule = stats::make_paired_test();
  return judge_recording(
      {.id = {"app", metric.name}, .metric = metric, .base = values.base, .head = values.head},
      policy, *rule, suite);
}

void expect_near(const std::optional<double>& a, const std::optional<double>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (a) {
    EXPECT_NEAR(*a, *b, kRounding * (1 + std::abs(*b)));
  }
}

void expect_same(const BenchmarkResult& a, const BenchmarkResult& b) {
  EXPECT_EQ(a.decision, b.decision);
  EXPECT_EQ(a.pairs, b.pairs);
  expect_near(a.effect, b.effect);
  expect_near(a.effect_low, b.effect_low);
  expect_near(a.effect_high, b.effect_high);
}

std::vector<double> mapped(std::vector<double> values, double (*map)(double)) {
  std::transform(values.begin(), values.end(), values.begin(), map);
  return values;
}

/// Series with every decision: quiet and wild ones, faster and slower ones.
std::vector<Values> many_series() {
  test::Noise noise(11);
  std::vector<Values> all;
  for (const char* shape : {"Gaussian", "t3", "bimodal"})
    for (const double spread : {0.01, 0.05, 0.3})
      for (const double change : {-0.3, -0.05, 0.0, 0.03, 0.05, 0.2})
        all.push_back(draw(shape, spread, change, noise));
  return all;
}

TEST(GateProperties, TheSampleHasEveryDecision) {
  std::map<Decision, int> count;
  for (const Values& values : many_series()) ++count[judge(values).decision];
  for (const Decision decision :
       {Decision::clear, Decision::regressed, Decision::improved, Decision::inconclusive})
    EXPECT_GE(count[decision], 3) << to_string(decision);
}

TEST(GateProperties, TheUnitDoesNotMatter) {
  for (const Values& values : many_series()) {
    const auto scaled = [](double value) { return value * 1000; };
    expect_same(judge({mapped(values.base, scaled), mapped(values.head, scaled)}), judge(values));
  }
}

TEST(GateProperties, HigherIsBetterMirrorsLowerOnReciprocals) {
  const auto reciprocal = [](double value) { return 1 / value; };
  Metric higher = test::wall_time();
  higher.better = Better::higher;
  for (const Values& values : many_series())
    expect_same(
        judge({mapped(values.base, reciprocal), mapped(values.head, reciprocal)}, {}, higher),
        judge(values));
}

bool was_suspected(const BenchmarkResult& result) {
  return result.confirmed || result.note.starts_with("suspected");
}

// Alarms and misses have different levels, and only a slowdown is confirmed. So the decision, the
// pairs it took and the limits have no mirror image; the estimate over the same pairs has.
TEST(GateProperties, SwappingBaseAndHeadTurnsTheEstimateAround) {
  int compared = 0;
  for (const int max_pairs : {4, 10, kPairs}) {
    for (const Values& values : many_series()) {
      const Policy policy{.max_pairs = max_pairs};
      const BenchmarkResult result = judge(values, policy);
      const BenchmarkResult swapped = judge({values.head, values.base}, policy);
      const bool same_pairs = result.pairs == swapped.pairs;
      if (!same_pairs || was_suspected(result) || was_suspected(swapped)) continue;
      ++compared;
      EXPECT_NEAR(*swapped.effect, 1 / (1 + *result.effect) - 1, kRounding);
    }
  }
  EXPECT_GE(compared, 20);
}

TEST(GateProperties, AChangeThatIsPlainInOneDirectionIsPlainInTheOther) {
  test::Noise noise(12);
  for (const char* shape : {"Gaussian", "t3", "bimodal"}) {
    const Values slow = draw(shape, 0.02, 0.4, noise);
    EXPECT_EQ(judge(slow).decision, Decision::regressed) << shape;
    EXPECT_EQ(judge({slow.head, slow.base}).decision, Decision::improved) << shape;
  }
}

TEST(GateProperties, TheOrderOfBenchmarksDoesNotMatter) {
  const std::vector<Values> series = many_series();
  const auto pair_of = [&](std::size_t which, std::size_t at) {
    return test::one_pair("b" + std::to_string(which), test::wall_time(),
                          {series[which].base[at], series[which].head[at]});
  };
  const auto judge_in = [&](const std::vector<std::size_t>& order) {
    std::vector<Pair> warm_ups;
    for (const std::size_t which : order) warm_ups.push_back(pair_of(which, 0));
    test::StartedGate gate(warm_ups);
    for (std::size_t at = 0; at < kPairs; ++at)
      for (const std::size_t which : order) gate.add(pair_of(which, at));
    std::map<std::string, BenchmarkResult> results;
    for (const BenchmarkResult& result : gate.results()) results[result.name] = result;
    return results;
  };
  std::vector<std::size_t> order(series.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto forwards = judge_in(order);
  std::reverse(order.begin(), order.end());
  EXPECT_EQ(forwards, judge_in(order));
  EXPECT_EQ(forwards.size(), series.size());
}

TEST(GateProperties, PairsAfterTheDecisionAreNotLookedAt) {
  int ended_early = 0;
  for (const Values& values : many_series()) {
    const BenchmarkResult result = judge(values);
    ended_early += result.pairs < kPairs;
    Values other = values;
    for (std::size_t i = static_cast<std::size_t>(result.pairs); i < kPairs; ++i) {
      other.base[i] = 1;
      other.head[i] = i % 2 == 0 ? 0 : 1e9;
    }
    EXPECT_EQ(judge(other), result);
  }
  EXPECT_GE(ended_early, 20);
}

TEST(GateProperties, NoMoreThanTheLargestNumberOfPairsIsUsed) {
  for (const Values& values : many_series()) {
    const Policy policy{.max_pairs = 17};
    const BenchmarkResult result = judge(values, policy);
    EXPECT_LE(result.pairs, 17);
    const auto cut = [](std::vector<double> all) {
      all.resize(17);
      return all;
    };
    EXPECT_EQ(judge({cut(values.base), cut(values.head)}, policy), result);
  }
}

// ---- no noise at all

TEST(GateProperties, AChangeOfExactlyTheThresholdIsNeverClear) {
  for (const double threshold : {0.005, 0.01, 0.03, 0.05, 0.1, 0.5}) {
    test::Noise noise(13);
    for (int i = 0; i < 100; ++i) {
      const double scale = std::pow(10.0, 12 * noise.uniform() - 6);
      Values values;
      for (int pair = 0; pair < kPairs; ++pair) {
        values.base.push_back(scale * (1 + noise.uniform()));
        values.head.push_back(values.base.back() * (1 + threshold));
      }
      EXPECT_EQ(judge(values, {.threshold = threshold}).decision, Decision::regressed)
          << threshold << " at " << scale;
    }
  }
}

Values constant(double base, double head) {
  return {std::vector<double>(kPairs, base), std::vector<double>(kPairs, head)};
}

Metric count_metric() {
  return {.name = "events", .unit = "count", .better = Better::lower, .tier = Tier::explain};
}

TEST(GateProperties, ConstantsAreDecidedAtOnce) {
  EXPECT_EQ(judge(constant(7, 7)).decision, Decision::clear);
  EXPECT_EQ(judge(constant(7, 7)).effect, 0.0);
  EXPECT_EQ(judge(constant(100, 104)).decision, Decision::clear);
  EXPECT_EQ(judge(constant(100, 106)).decision, Decision::regressed);
  EXPECT_EQ(judge(constant(100, 90)).decision, Decision::improved);
  EXPECT_LE(judge(constant(7, 7)).pairs, 4);
  EXPECT_LE(judge(constant(100, 106)).pairs, 8) << "confirmed";
}

TEST(GateProperties, ZerosAreValuesLikeOthers) {
  EXPECT_EQ(judge(constant(0, 0), {}, count_metric()).decision, Decision::clear);
  const BenchmarkResult born = judge(constant(0, 3), {}, count_metric());
  EXPECT_EQ(born.decision, Decision::regressed);
  EXPECT_TRUE(born.from_zero);
  EXPECT_FALSE(born.effect);
  EXPECT_EQ(judge(constant(3, 0), {}, count_metric()).decision, Decision::improved);
  EXPECT_EQ(judge(constant(-5, -5), {}, count_metric()).decision, Decision::clear);
}

TEST(GateProperties, CountersThatMoveByOneAreClearAndByFiveInAHundredAreNot) {
  test::Noise noise(14);
  for (int i = 0; i < 50; ++i) {
    Values equal;
    Values slow;
    for (int pair = 0; pair < kPairs; ++pair) {
      equal.base.push_back(100.0 + static_cast<double>(noise.below(2)));
      equal.head.push_back(100.0 + static_cast<double>(noise.below(2)));
      slow.base.push_back(100.0 + static_cast<double>(noise.below(2)));
      slow.head.push_back(108.0 + static_cast<double>(noise.below(2)));
    }
    EXPECT_EQ(judge(equal, {}, count_metric()).decision, Decision::clear) << i;
    EXPECT_EQ(judge(slow, {}, count_metric()).decision, Decision::regressed) << i;
  }
}

// ---- rates

struct Rates {
  int red = 0;
  int clear = 0;
  int below_low = 0;      ///< the truth is below the reported interval
  int above_high = 0;     ///< above it
  int red_below_low = 0;  ///< below it, and the series is called regressed
};

Rates rates_of(const std::string& shape, double spread_over_delta, double change, int series,
               std::uint64_t seed) {
  test::Noise noise(seed);
  Rates rates;
  const auto rule = stats::make_paired_test();
  for (int i = 0; i < series; ++i) {
    const Values values = draw(shape, spread_over_delta * std::log1p(0.05), change, noise);
    const BenchmarkResult result = judge_recording(
        {.id = {"app", "t"}, .metric = test::wall_time(), .base = values.base, .head = values.head},
        {}, *rule, 1);
    const bool red = result.decision == Decision::regressed;
    const bool below = result.effect_low && change < *result.effect_low - kRounding;
    rates.red += red;
    rates.clear += result.decision == Decision::clear || result.decision == Decision::improved;
    rates.below_low += below;
    rates.red_below_low += red && below;
    rates.above_high += result.effect_high && change > *result.effect_high + kRounding;
  }
  return rates;
}

struct Noisy {
  std::string name;
  std::string shape;
  double spread_over_delta;
};

class GatePropertiesOn : public ::testing::TestWithParam<Noisy> {
 protected:
  static constexpr int kSeries = 1'500;
};

TEST_P(GatePropertiesOn, FalseAlarmsStayWithinTheirRate) {
  const auto& [name, shape, spread] = GetParam();
  EXPECT_LE(rates_of(shape, spread, 0, kSeries, 21).red, test::most_expected(kSeries, 0.01));
}

TEST_P(GatePropertiesOn, ASlowdownOfTheThresholdIsRarelyClear) {
  const auto& [name, shape, spread] = GetParam();
  EXPECT_LE(rates_of(shape, spread, 0.05, kSeries, 22).clear, test::most_expected(kSeries, 0.05));
}

TEST_P(GatePropertiesOn, TheIntervalHoldsHoweverTheMeasuringEnded) {
  const auto& [name, shape, spread] = GetParam();
  const stats::TwoStages stages = stats::two_stages({.alarm = 0.01, .miss = 0.05});
  for (const double change : {0.0, 0.03, 0.08}) {
    const Rates rates = rates_of(shape, spread, change, kSeries, 23);
    // Whoever is told of a regression may rely on both stages, others on the screening.
    EXPECT_LE(rates.below_low, test::most_expected(kSeries, stages.screening.alarm)) << change;
    EXPECT_LE(rates.red_below_low, test::most_expected(kSeries, 0.01)) << change;
    EXPECT_LE(rates.above_high, test::most_expected(kSeries, 0.05)) << change;
  }
}

std::vector<Noisy> all_noises() {
  std::vector<Noisy> all;
  for (const auto& [word, shape] :
       {std::pair{"Gaussian", "Gaussian"}, std::pair{"Laplace", "Laplace"},
        std::pair{"Student3", "t3"}, std::pair{"Outliers", "outliers"},
        std::pair{"Bimodal", "bimodal"}, std::pair{"CorrelatedRuns", "correlated runs"}})
    for (const auto& [size, spread] :
         {std::pair{"Quiet", 0.4}, std::pair{"AtThreshold", 1.0}, std::pair{"Wild", 5.0}})
      all.push_back({std::string(word) + size, shape, spread});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Noise, GatePropertiesOn, ::testing::ValuesIn(all_noises()),
                         [](const auto& row) { return row.param.name; });

}  // namespace properties_test
}  // namespace melisai::gate
