// The promise of the gate on generated suites and on recorded noise: fixed seeds, binomial bounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/gate/fake_suite.h"
#include "tests/unit/stats/noise.h"

namespace melisai::gate {
namespace {

using NoiseShape = double (test::Noise::*)();

struct SuiteShape {
  int benchmarks = 1;
  NoiseShape noise = &test::Noise::normal;
  double spread = 0.02;  // standard deviation of a pair's log ratio
  double change = 0;     // of every time
};

// Time and, beside it, two near exact metrics; a fifth of the noise is common to all benchmarks of
// a pair, as on a busy machine.
Pair draw_suite(const SuiteShape& shape, test::Noise& noise) {
  Pair pair;
  const double common = (noise.*shape.noise)();
  for (int i = 0; i < shape.benchmarks; ++i) {
    const std::string name = "b" + std::to_string(i);
    const double own = (noise.*shape.noise)();
    const double log_ratio = shape.spread * (std::sqrt(0.8) * own + std::sqrt(0.2) * common);
    test::put(pair, name, test::wall_time(), {1e6, 1e6 * (1 + shape.change) * std::exp(log_ratio)});
    if (shape.benchmarks == 1) continue;
    test::put(pair, name, test::peak_rss(), {1e9, 1e9 * std::exp(0.004 * noise.normal())});
    test::put(pair, name, test::minor_faults(),
              {1e6, 1e6 * std::exp(0.004 * (noise.*shape.noise)())});
  }
  return pair;
}

struct Tally {
  int red = 0;    // suites with a confirmed regression
  int open = 0;   // suites with something undecided
  int clear = 0;  // suites in which everything is clear
};

/// ci/test --full repeats the generated suites this many times as often.
int repeat() {
  const char* factor = std::getenv("MELISAI_PROMISE_REPEAT");
  return factor == nullptr ? 1 : std::max(1, std::atoi(factor));
}

Tally judge_suites(const SuiteShape& shape, int suites, std::uint64_t seed) {
  test::Noise noise(seed);
  Tally tally;
  for (int i = 0; i < suites; ++i) {
    Report report;
    report.benchmarks = test::judge([&] { return draw_suite(shape, noise); });
    conclude(report);
    tally.red += report.verdict == Verdict::regression;
    tally.open += report.verdict == Verdict::inconclusive;
    tally.clear += report.verdict == Verdict::pass;
  }
  return tally;
}

TEST(GatePromise, OneBenchmarkIsRarelyRedWithoutReason) {
  const int suites = 2'000 * repeat();
  // The last spread is far above the threshold: chance has the most room there.
  for (const double spread : {0.02, 0.5}) {
    const Tally normal = judge_suites({.spread = spread}, suites, 1);
    EXPECT_LE(normal.red, test::most_expected(suites, 0.01)) << spread;
  }
  const Tally tails = judge_suites({.noise = &test::Noise::student3, .spread = 0.02}, suites, 2);
  EXPECT_LE(tails.red, test::most_expected(suites, 0.01));
  EXPECT_GE(tails.clear, suites * 0.95);
}

TEST(GatePromise, AHundredAndTwentyMetricsAreRarelyRedWithoutReason) {
  const int suites = 60 * repeat();
  const Tally normal = judge_suites({.benchmarks = 40}, suites, 3);
  EXPECT_LE(normal.red, test::most_expected(suites, 0.01));
  EXPECT_LE(normal.open, test::most_expected(suites, 0.02));
  const Tally tails = judge_suites({.benchmarks = 40, .noise = &test::Noise::student3}, suites, 3);
  EXPECT_LE(tails.red, test::most_expected(suites, 0.01));
}

TEST(GatePromise, ASlowdownOfTheThresholdIsFound) {
  const int suites = 1'000 * repeat();
  const Tally normal = judge_suites({.change = 0.05}, suites, 4);
  EXPECT_GE(normal.red, suites - test::most_expected(suites, 0.05));
  EXPECT_LE(normal.clear, test::most_expected(suites, 0.05));
  const Tally tails = judge_suites({.noise = &test::Noise::student3, .change = 0.05}, suites, 5);
  EXPECT_LE(tails.clear, test::most_expected(suites, 0.05));
}

TEST(GatePromise, WhatItCannotSeeIsInconclusiveNotClear) {
  const int suites = 300 * repeat();
  const Tally tally = judge_suites({.spread = 0.3, .change = 0.05}, suites, 6);
  EXPECT_LE(tally.clear, test::most_expected(suites, 0.05));
  EXPECT_GE(tally.open, suites / 2);
}

// ---- recorded noise: base = head, both halves of a pair on one CPU

struct RecordedPair {
  double a = 0;
  double b = 0;
};

double number_after(const std::string& line, const std::string& key) {
  const std::size_t at = line.find(key);
  return at == std::string::npos ? 0 : std::strtod(line.c_str() + at + key.size(), nullptr);
}

std::map<std::string, std::vector<RecordedPair>> recorded_times(const std::string& path) {
  std::map<std::string, std::vector<RecordedPair>> series;
  std::ifstream file(path);
  const std::string key = "\"series\": \"";
  for (std::string line; std::getline(file, line);) {
    const std::size_t from = line.find(key) + key.size();
    const std::string name = line.substr(from, line.find('"', from) - from);
    if (!name.ends_with("_ms/pinned")) continue;
    series[name].push_back({number_after(line, "\"a\": "), number_after(line, "\"b\": ")});
  }
  return series;
}

std::string recording() {
  const char* dir = std::getenv("MELISAI_SHARED_DIR");
  return std::string(dir != nullptr ? dir : MELISAI_SOURCE_DIR "/../shared") +
         "/noise/pairs-b.jsonl";
}

// Judges windows of consecutive pairs from random places, base and head swapped by coin.
Tally judge_windows(const std::vector<RecordedPair>& pairs, double change, int windows) {
  test::Noise noise(7);
  Tally tally;
  for (int i = 0; i < windows; ++i) {
    std::size_t at = noise.below(pairs.size());
    const BenchmarkResult result = test::judge_one([&] {
      RecordedPair pair = pairs[at++ % pairs.size()];
      if (noise.coin()) std::swap(pair.a, pair.b);
      return test::one_pair("app", test::wall_time(), {pair.a, pair.b * (1 + change)});
    });
    tally.red += result.decision == Decision::regressed;
    tally.open += result.decision == Decision::inconclusive;
    tally.clear += result.decision == Decision::clear || result.decision == Decision::improved;
  }
  return tally;
}

TEST(GatePromise, HoldsOnRecordedNoise) {
  const auto series = recorded_times(recording());
  if (series.empty()) GTEST_SKIP() << "no recorded noise at " << recording();
  constexpr int kWindows = 150;
  for (const auto& [name, pairs] : series) {
    const Tally equal = judge_windows(pairs, 0, kWindows);
    EXPECT_LE(equal.red, test::most_expected(kWindows, 0.01)) << name;
    EXPECT_GE(equal.clear, kWindows * 0.9) << name;
    const Tally slow = judge_windows(pairs, 0.10, kWindows);
    EXPECT_GE(slow.red, kWindows * 0.9) << name;
    EXPECT_LE(slow.clear, test::most_expected(kWindows, 0.05)) << name;
  }
}

}  // namespace
}  // namespace melisai::gate
