// How many more pairs a test will take, and how small a slowdown it can find: estimates for people
// and for planning; no decision depends on them. Pure. Private to core/stats.
#pragma once

#include "core/stats/paired_test.h"

namespace melisai::stats {

/// How far a stage came: all shifts in units of delta.
struct Progress {
  double center = 0;     ///< robust location so far
  double spread = 0;     ///< > 0: standard deviation of one pair
  int pairs = 0;         ///< >= 1
  double to_clear = 0;   ///< evidence against a shift of delta that is still missing, > 0
  double to_slower = 0;  ///< evidence for one that is still missing, > 0
};

/// Pairs still to come before the stage is decided, on average over what the truth may be after
/// what was seen; at least 1. Time in which a random walk with drift leaves an interval:
/// A. Wald, Sequential Analysis (1947), appendix A.5.
double pairs_to_decision(const Progress& progress);

/// The shift that screening and confirmation together find within `pairs` pairs in 1 - miss of all
/// cases, if it is their delta, in standard deviations of one pair; infinite if there is none.
/// Fitted on Gaussian noise, for stage levels of alarm from 0.003 to 0.1 and miss from 0.05 to 0.2:
/// mostly within 8 % (core/decisions/0006-decision-rule.md).
double shift_found_within(int pairs, const TwoStages& stages);

}  // namespace melisai::stats
