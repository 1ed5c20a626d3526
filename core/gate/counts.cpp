// Judging what runs apart from the pairs counted: programs that do the same work count alike.
#include <algorithm>
#include <cmath>

#include "core/gate/comparison.h"
#include "core/gate/gate.h"
#include "core/gate/gating.h"
#include "core/gate/rules.h"
#include "core/gate/series.h"
#include "core/gate/wording.h"

namespace melisai::gate {
namespace {

constexpr std::size_t kRunsToAgree = 2;
// Runs of one side that lie further apart than this part of the threshold say nothing of it: then a
// difference of half a threshold, the least that can be red, is twice as large as any of theirs.
constexpr double kShareOfThreshold = 0.25;
constexpr double kCallsFloor = 5;  // of a whole process; one more of a few hundred is nothing

struct Range {
  double low = 0;
  double high = 0;
  double width() const { return high > low ? (high - low) / low : 0; }
};

Range range_of(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, *high};
}

bool gates_alone(const Metric& metric) { return metric.name == "instructions"; }

Threshold threshold_of(const Counts& counts, const Policy& policy) {
  Threshold threshold =
      threshold_for(counts.metric, policy, ruling_for(counts.id, policy).threshold);
  if (counts.metric.name == "allocations") threshold.floor = kCallsFloor;
  return threshold;
}

Level level_of(const Counts& counts, const Policy& policy) {
  return level_for(counts.metric, gates_alone(counts.metric), ruling_for(counts.id, policy));
}

/// What the values say, on the scale on which they are compared.
struct Reading {
  std::size_t runs = 0;  ///< of each side
  bool agree = false;    ///< those of each side with each other
  bool usable = true;
  Comparison scale;
  double center = 0, low = 0, high = 0;
};

Reading read(const Counts& counts, const Policy& policy) {
  Reading reading{.runs = std::min(counts.base.size(), counts.head.size()), .scale = {}};
  if (reading.runs == 0) return reading;
  const auto usable = [](double value) { return is_usable(value) && value >= 0; };
  reading.usable = std::all_of(counts.base.begin(), counts.base.end(), usable) &&
                   std::all_of(counts.head.begin(), counts.head.end(), usable);
  if (!reading.usable) return reading;
  reading.scale = scale_of(counts.base, counts.head, threshold_of(counts, policy));
  const Range base = range_of(counts.base);
  const Range head = range_of(counts.head);
  const double tolerance =
      std::min(policy.exact.tolerance, kShareOfThreshold * reading.scale.threshold);
  reading.agree =
      reading.runs >= kRunsToAgree && base.width() <= tolerance && head.width() <= tolerance;
  const auto between = [&](double from, double to) {
    return reading.scale.logarithmic ? std::log(to / from) : to - from;
  };
  reading.center = between(reading.scale.base_median, reading.scale.head_median);
  reading.low = between(base.high, head.low);
  reading.high = between(base.low, head.high);
  return reading;
}

bool is_clear(const Reading& reading) {
  return reading.high < reading.scale.delta && reading.center > -reading.scale.delta;
}

std::string disagreement_of(const Counts& counts) {
  const double base = range_of(counts.base).width();
  const double head = range_of(counts.head).width();
  return "two runs of " + std::string(base >= head ? "base" : "head") +
         " did amounts of work that differ by " + short_percent(std::max(base, head)) +
         ": the work depends on time or randomness; fix seeds, inputs and the number of threads, "
         "or write exact: off";
}

/// Runs of each side before a growth is called. A program that draws one of several amounts of work
/// has all runs of base agree on one and all of head on a larger one in at most 1 of 4^n checks,
/// and does so when it tosses a coin for two; nothing that is counted tells it from one that grew.
std::size_t runs_to_turn_red(const Counts& counts, const Policy& policy, int suite) {
  const int sharing = level_of(counts, policy) == Level::off ? 1 : std::max(suite, 1);
  std::size_t runs = static_cast<std::size_t>(std::max(policy.exact.runs, 1));
  if (counts.without_chance) return runs;
  while (std::pow(0.25, runs) * sharing > policy.false_alarm) ++runs;
  return runs;
}

bool grew(const Reading& reading) { return reading.low > 0 && reading.high >= reading.scale.delta; }

/// What a decision other than clear takes.
std::size_t runs_needed(const Reading& reading, const Counts& counts, const Policy& policy,
                        int suite) {
  return grew(reading) ? runs_to_turn_red(counts, policy, suite)
                       : static_cast<std::size_t>(policy.exact.runs);
}

Decision decision_of(const Reading& reading, std::size_t needed) {
  if (is_clear(reading)) return Decision::clear;
  if (reading.runs < needed) return Decision::inconclusive;
  if (reading.high < reading.scale.delta)
    return reading.high < 0 ? Decision::improved : Decision::clear;
  return grew(reading) ? Decision::regressed : Decision::inconclusive;
}

}  // namespace

bool is_worth_counting(const SeriesId& id, const Policy& policy) {
  return level_of({.id = id, .metric = {.name = id.metric, .unit = "count"}}, policy) != Level::off;
}

bool needs_another_run(const Counts& counts, const Policy& policy, int suite) {
  if (!counts.problem.empty()) return false;
  const Reading reading = read(counts, policy);
  if (reading.runs < kRunsToAgree) return reading.usable;
  return reading.agree && !is_clear(reading) &&
         reading.runs < runs_needed(reading, counts, policy, suite);
}

BenchmarkResult judge_counts(const Counts& counts, const Policy& policy, int suite) {
  const Reading reading = read(counts, policy);
  BenchmarkResult result{.name = counts.id.benchmark, .metric = counts.metric};
  result.threshold = threshold_of(counts, policy).relative;
  result.note = counts.problem;
  const bool has_values = reading.runs > 0 && reading.usable;
  if (has_values) {
    result.threshold = reading.scale.threshold;
    result.from_zero = reading.scale.base_median == 0 && reading.scale.head_median != 0;
    result.base = Side{reading.scale.base_median, static_cast<int>(counts.base.size())};
    result.head = Side{reading.scale.head_median, static_cast<int>(counts.head.size())};
  }
  // What nobody asked for and does not work leaves the verdict alone.
  const bool counts_in_verdict = reading.agree || counts.required;
  result.level = counts_in_verdict ? level_of(counts, policy) : Level::off;
  result.gating = result.level == Level::fail;
  if (reading.agree) {
    result.decision = decision_of(reading, runs_needed(reading, counts, policy, suite));
    result.confirmed = result.decision == Decision::regressed;
    result.effect = reading.scale.effect(reading.center);
    result.effect_low = reading.scale.effect(reading.low);
    result.effect_high = reading.scale.effect(reading.high);
    result.gates_because = "counted by callgrind, apart from the pairs";
  } else if (result.note.empty() && reading.runs >= kRunsToAgree && has_values) {
    result.note = disagreement_of(counts);
  }
  return result;
}

}  // namespace melisai::gate
