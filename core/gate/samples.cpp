// Judging values that are not paired, as `compare` finds them in result files.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "core/gate/comparison.h"
#include "core/gate/gate.h"
#include "core/gate/gating.h"
#include "core/gate/rules.h"
#include "core/gate/time_metric.h"
#include "core/gate/wording.h"
#include "core/stats/two_samples.h"

namespace melisai::gate {
namespace {

bool is_on_both_sides(const SampledSeries& series) {
  return !series.base.empty() && !series.head.empty();
}

/// The medians of all series of both sides, as one pair: what the choice of the time looks at.
Pair medians_of(const std::vector<SampledSeries>& all) {
  Pair pair;
  for (const SampledSeries& series : all) {
    if (!is_on_both_sides(series)) continue;
    pair.base.values[series.id] = {series.metric, median_of(series.base)};
    pair.head.values[series.id] = {series.metric, median_of(series.head)};
  }
  return pair;
}

bool is_constant(const std::vector<double>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

std::vector<double> on_scale(const std::vector<double>& values, const Comparison& scale,
                             Better better) {
  const double sign = better == Better::higher ? -1 : 1;
  std::vector<double> scaled;
  std::transform(values.begin(), values.end(), std::back_inserter(scaled), [&](double value) {
    return sign * (scale.logarithmic ? std::log(value) : value);
  });
  return scaled;
}

/// Judges series one by one.
class Sampler {
 public:
  Sampler(const Policy& policy, std::optional<double> noise_floor, int suite)
      : policy_(policy),
        noise_floor_(noise_floor),
        alarm_(policy.false_alarm / std::max(suite, 1)) {}

  /// `result` knows what gates; filled with what the values say.
  void judge(const SampledSeries& series, const Threshold& threshold, BenchmarkResult& result) {
    const Comparison scale = scale_of(series.base, series.head, threshold);
    result.base = Side{scale.base_median};
    result.head = Side{scale.head_median};
    result.threshold = scale.threshold;
    result.from_zero = scale.base_median == 0 && scale.head_median != 0;
    const stats::Shift shift = shift_of(series, scale);
    result.effect = scale.effect(shift.estimate);
    result.effect_low = shift.low ? scale.effect(*shift.low) : std::nullopt;
    result.effect_high = shift.high ? scale.effect(*shift.high) : std::nullopt;
    decide(shift, scale.delta, result);
    if (result.decision == Decision::inconclusive) result.note = why_open(series, shift);
  }

 private:
  stats::Shift shift_of(const SampledSeries& series, const Comparison& scale) {
    const std::vector<double> base = on_scale(series.base, scale, series.metric.better);
    const std::vector<double> head = on_scale(series.head, scale, series.metric.better);
    // Equal programs give equal counts: nothing but the change itself is between them.
    if (series.metric.tier == Tier::exact && is_constant(series.base) && is_constant(series.head)) {
      const double change = head.front() - base.front();
      return {.estimate = change, .low = change, .high = change};
    }
    stats::Shift shift = limits_.between(base, head, alarm_, policy_.miss);
    if (noise_floor_ && scale.logarithmic && !(shift.low && shift.high)) {
      const double noise = std::log1p(*noise_floor_);
      shift.low = shift.estimate - noise;
      shift.high = shift.estimate + noise;
    }
    return shift;
  }

  static void decide(const stats::Shift& shift, double delta, BenchmarkResult& result) {
    result.decision = Decision::inconclusive;
    if (shift.high && *shift.high < delta) {
      const bool is_better = shift.estimate <= -delta && *shift.high < 0;
      result.decision = is_better ? Decision::improved : Decision::clear;
    } else if (shift.low && *shift.low > 0) {
      result.decision = Decision::regressed;
      result.confirmed = true;
    }
  }

  std::string why_open(const SampledSeries& series, const stats::Shift& shift) const {
    const auto counts = [&] {
      return std::to_string(series.base.size()) + " and " + std::to_string(series.head.size()) +
             " values";
    };
    if (std::min(series.base.size(), series.head.size()) == 1)
      return "one value on a side says nothing about its noise; compare several result files a "
             "side, or give --noise-floor";
    if (!shift.low || !shift.high)
      return counts() + ": a verdict takes at least " +
             std::to_string(stats::ShiftLimits::values_needed(std::min(alarm_, policy_.miss))) +
             " on each side";
    return counts() + " do not rule the threshold out; more would";
  }

  const Policy& policy_;
  std::optional<double> noise_floor_;
  double alarm_;  ///< of one series
  stats::ShiftLimits limits_;
};

/// What gates and how strictly, before anything is judged.
BenchmarkResult prepared(const SampledSeries& series, const TimeChoice& choice,
                         const Policy& policy) {
  const bool by_default = gates_by_default(series.metric, choice.metric);
  BenchmarkResult result{.name = series.id.benchmark, .metric = series.metric};
  result.level = level_for(series.metric, by_default, ruling_for(series.id, policy));
  result.gating = result.level == Level::fail;
  if (result.gating && series.id.metric == choice.metric) result.gates_because = choice.why;
  if (!is_on_both_sides(series)) {
    result.decision = series.base.empty() ? Decision::added : Decision::removed;
    result.gating = false;
    const std::vector<double>& there = series.base.empty() ? series.head : series.base;
    (series.base.empty() ? result.head : result.base) = Side{median_of(there)};
  }
  return result;
}

}  // namespace

std::vector<BenchmarkResult> judge_samples(const std::vector<SampledSeries>& all,
                                           const Policy& policy,
                                           std::optional<double> noise_floor) {
  const Pair medians = medians_of(all);
  std::map<std::string, TimeChoice> choices;
  std::vector<BenchmarkResult> results;
  int suite = 0;
  for (const SampledSeries& series : all) {
    const auto [choice, is_new] = choices.try_emplace(series.id.benchmark);
    if (is_new) choice->second = choose_time_metric({&medians, 1}, series.id.benchmark);
    results.push_back(prepared(series, choice->second, policy));
    if (is_on_both_sides(series) && results.back().level != Level::off) ++suite;
  }
  Sampler sampler(policy, noise_floor, suite);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_on_both_sides(all[i])) continue;
    const Ruling ruling = ruling_for(all[i].id, policy);
    sampler.judge(all[i], threshold_for(all[i].metric, policy, ruling.threshold), results[i]);
  }
  return results;
}

}  // namespace melisai::gate
