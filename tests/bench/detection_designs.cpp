#include "tests/bench/detection_designs.h"

#include <cmath>

#include "core/gate/gate.h"
#include "tests/bench/detection_noise.h"

namespace melisai::bench {
namespace {

constexpr double kThreshold = 0.05;
constexpr double kAlarm = 0.01;
constexpr double kMiss = 0.05;
constexpr std::size_t kBenchmarks = 40;
constexpr std::size_t kMetrics = 3;
constexpr std::size_t kSeries = kBenchmarks * kMetrics;
constexpr int kPairsMax = 2'000;

struct Ended {
  int pairs = 0;
  stats::Finding finding = stats::Finding::open;
};

Ended run_stage(const stats::PairedTest& test, double spread, double truth, test::Noise& noise) {
  const stats::TestLevels levels{.delta = 1, .rates = {.alarm = kAlarm, .miss = kMiss}};
  std::vector<double> values;
  for (int pairs = 1; pairs <= kPairsMax; ++pairs) {
    values.push_back(truth + spread * noise.normal());
    if (!test.is_look(pairs)) continue;
    const stats::Finding finding = test.look(values, levels).finding;
    if (finding != stats::Finding::open) return {.pairs = pairs, .finding = finding};
  }
  return {.pairs = kPairsMax};
}

/// The log ratios of one suite, in units of their spread: one stream for each metric.
class SuiteNoise {
 public:
  SuiteNoise(const std::string& noise, test::Noise& source)
      : correlated_(noise == "correlated"), source_(source) {
    for (std::size_t i = 0; i < kSeries; ++i)
      draws_.push_back(shape_named(correlated_ ? "Gaussian" : noise).start(source));
  }

  std::vector<double> pair() {
    const double everywhere = source_.normal();
    std::vector<double> values;
    for (std::size_t benchmark = 0; benchmark < kBenchmarks; ++benchmark) {
      const double here = source_.normal();
      for (std::size_t metric = 0; metric < kMetrics; ++metric) {
        const double own = draws_[values.size()]();
        values.push_back(correlated_ ? std::sqrt(0.2) * everywhere + std::sqrt(0.6) * here +
                                           std::sqrt(0.2) * own
                                     : own);
      }
    }
    return values;
  }

 private:
  bool correlated_;
  test::Noise& source_;
  std::vector<Draw> draws_;
};

struct SuiteResult {
  bool red = false;
  bool decided = true;
};

// A decided series keeps its decision, so that each can be judged by itself.
SuiteResult judge_suite(SuiteNoise noise, double spread, const stats::PairedTest& test) {
  std::vector<Window> series(kSeries);
  for (int pair = 0; pair < kWindow; ++pair) {
    const std::vector<double> values = noise.pair();
    for (std::size_t i = 0; i < kSeries; ++i) {
      series[i].base.push_back(100);
      series[i].head.push_back(100 * std::exp(spread * values[i]));
    }
  }
  const Metric metric{.name = "time", .unit = "ns", .better = Better::lower, .tier = Tier::time};
  SuiteResult suite;
  for (const Window& each : series) {
    const Decision decision =
        gate::judge_recording(
            {.id = {"bench", "time"}, .metric = metric, .base = each.base, .head = each.head}, {},
            test, static_cast<int>(kSeries))
            .decision;
    suite.red = suite.red || decision == Decision::regressed;
    suite.decided = suite.decided && decision != Decision::inconclusive;
  }
  return suite;
}

}  // namespace

WaldPairs wald_pairs(double spread_over_delta) {
  const double upper = std::log((1 - kMiss) / kAlarm);
  const double lower = std::log(kMiss / (1 - kAlarm));
  const double pairs_of_one = 2 * spread_over_delta * spread_over_delta;
  return {.equal = -pairs_of_one * ((1 - kAlarm) * lower + kAlarm * upper),
          .slow = pairs_of_one * ((1 - kMiss) * upper + kMiss * lower)};
}

OneStage one_stage(double spread_over_delta, const stats::PairedTest& test, int series,
                   std::uint64_t seed) {
  OneStage stage{.spread_over_delta = spread_over_delta};
  test::Noise noise(seed);
  for (int i = 0; i < series; ++i) {
    const Ended same = run_stage(test, spread_over_delta, 0, noise);
    const Ended slow = run_stage(test, spread_over_delta, 1, noise);
    stage.pairs_equal += same.pairs / static_cast<double>(series);
    stage.pairs_slow += slow.pairs / static_cast<double>(series);
    stage.alarms += (same.finding == stats::Finding::slower) / static_cast<double>(series);
    stage.misses += (slow.finding == stats::Finding::clear) / static_cast<double>(series);
  }
  return stage;
}

Suites judge_suites(const std::string& noise, double spread_over_delta,
                    const stats::PairedTest& test, int suites, std::uint64_t seed) {
  Suites all{.noise = noise, .spread_over_delta = spread_over_delta, .suites = suites};
  test::Noise source(seed);
  for (int i = 0; i < suites; ++i) {
    const SuiteResult suite =
        judge_suite(SuiteNoise(noise, source), spread_over_delta * std::log1p(kThreshold), test);
    all.red += suite.red;
    all.decided += suite.decided;
  }
  return all;
}

}  // namespace melisai::bench
