// The rule against its lower bound, and whole suites.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/stats/paired_test.h"

namespace melisai::bench {

/// Mean pairs of Wald's test of 0 against delta with known spread, alarm 1 % and miss 5 %.
/// A. Wald, Sequential Analysis (1947), 3.57.
struct WaldPairs {
  double equal = 0;
  double slow = 0;
};
WaldPairs wald_pairs(double spread_over_delta);

/// One stage without confirmation, alarm 1 % and miss 5 %, on Gaussian noise without a limit of
/// pairs that matters.
struct OneStage {
  double spread_over_delta = 0;
  double pairs_equal = 0;
  double pairs_slow = 0;
  double alarms = 0;  ///< share of equal series called slower
  double misses = 0;  ///< share of series slower by delta called clear
};
OneStage one_stage(double spread_over_delta, const stats::PairedTest& test, int series,
                   std::uint64_t seed);

/// Suites of 40 benchmarks with three metrics each, nothing slower.
struct Suites {
  std::string noise;
  double spread_over_delta = 0;
  int suites = 0;
  int red = 0;
  int decided = 0;  ///< without an inconclusive metric
};
/// `noise`: a generated shape, or "correlated": Gaussian, four fifths of the variance shared within
/// a benchmark and a fifth by all.
Suites judge_suites(const std::string& noise, double spread_over_delta,
                    const stats::PairedTest& test, int suites, std::uint64_t seed);

}  // namespace melisai::bench
