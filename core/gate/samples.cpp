// Judging values that are not paired, as `compare` finds them in result files.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "core/gate/comparison.h"
#include "core/gate/gate.h"
#include "core/gate/gating.h"
#include "core/gate/rules.h"
#include "core/gate/series.h"
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

bool is_zero(const std::vector<double>& values) {
  return values.front() == 0 && is_constant(values);
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
  /// `gating`: series over which the false-alarm promise is split.
  Sampler(const Policy& policy, std::optional<double> noise_floor, int gating)
      : policy_(policy), noise_floor_(noise_floor), gating_(std::max(gating, 1)) {}

  /// `result` knows what gates; filled with what the values say.
  void judge(const SampledSeries& series, const Threshold& threshold, BenchmarkResult& result) {
    const Comparison scale = scale_of(series.base, series.head, threshold);
    result.threshold = scale.threshold;
    result.from_zero = scale.base_median == 0 && scale.head_median != 0;
    const double alarm =
        result.level == Level::off ? policy_.false_alarm : policy_.false_alarm / gating_;
    const stats::Shift shift = shift_of(series, scale, alarm);
    result.effect = scale.effect(shift.estimate);
    result.effect_low = shift.low ? scale.effect(*shift.low) : std::nullopt;
    result.effect_high = shift.high ? scale.effect(*shift.high) : std::nullopt;
    if (series.metric.tier == Tier::time && is_zero(series.base) && is_zero(series.head)) {
      result.decision = Decision::failed;
      result.note = measured_zero(series.metric);
    } else if (series.metric.better == Better::unknown) {
      const bool is_within =
          shift.low && shift.high && *shift.low > -scale.delta && *shift.high < scale.delta;
      result.decision = is_within ? Decision::clear : Decision::inconclusive;
      if (!is_within) result.note = kDirectionUnknown;
    } else {
      decide(series, shift, scale, result);
      if (result.decision == Decision::inconclusive && result.level != Level::off &&
          result.note.empty())
        result.note = why_open(series, shift, alarm);
    }
  }

 private:
  stats::Shift shift_of(const SampledSeries& series, const Comparison& scale, double alarm) {
    const std::vector<double> base = on_scale(series.base, scale, series.metric.better);
    const std::vector<double> head = on_scale(series.head, scale, series.metric.better);
    // Equal programs give equal counts: nothing but the change itself is between them.
    if (series.metric.tier == Tier::exact && is_constant(series.base) && is_constant(series.head)) {
      const double change = head.front() - base.front();
      return {.estimate = change, .low = change, .high = change};
    }
    stats::Shift shift = limits_.between(base, head, alarm, policy_.miss);
    if (noise_floor_ && scale.logarithmic) {
      // Repetitions of one run may agree better than two runs of equal programs do.
      const double noise = std::log1p(*noise_floor_);
      shift.low = std::min(shift.low.value_or(shift.estimate), shift.estimate - noise);
      shift.high = std::max(shift.high.value_or(shift.estimate), shift.estimate + noise);
    }
    return shift;
  }

  static void decide(const SampledSeries& series, const stats::Shift& shift,
                     const Comparison& scale, BenchmarkResult& result) {
    result.decision = Decision::inconclusive;
    if (shift.high && *shift.high < scale.delta) {
      if (is_too_coarse(series.metric, series.base, series.head, scale)) {
        result.note = kTooCoarse;
        return;
      }
      const bool is_better = shift.estimate <= -scale.delta && *shift.high < 0;
      result.decision = is_better ? Decision::improved : Decision::clear;
    } else if (shift.low && *shift.low > 0) {
      result.decision = Decision::regressed;
      result.confirmed = true;
    }
  }

  std::string why_open(const SampledSeries& series, const stats::Shift& shift, double alarm) const {
    if (std::min(series.base.size(), series.head.size()) == 1 && !noise_floor_)
      return "one value on a side says nothing about its noise; compare several result files a "
             "side, or give --noise-floor";
    const std::string counts = std::to_string(series.base.size()) + " and " +
                               std::to_string(series.head.size()) + " values";
    if (noise_floor_ && shift.low && shift.high)
      return counts + " and a noise floor of " + short_percent(*noise_floor_) +
             " do not rule the threshold out";
    if (!shift.low || !shift.high)
      return counts + ": a verdict takes " +
             std::to_string(stats::ShiftLimits::values_needed(std::min(alarm, policy_.miss))) +
             " on each side";
    return counts + " do not rule the threshold out; more would";
  }

  const Policy& policy_;
  std::optional<double> noise_floor_;
  int gating_;
  stats::ShiftLimits limits_;
};

Side side_of(const std::vector<double>& values) {
  return {.median = median_of(values), .values = static_cast<int>(values.size())};
}

/// Why the series cannot be judged; "" when it can.
std::string defect_of(const SampledSeries& series) {
  if (!series.defect.empty()) return series.defect;
  for (const auto* values : {&series.base, &series.head})
    if (!std::all_of(values->begin(), values->end(), is_usable))
      return std::string(values == &series.base ? "base" : "head") +
             " holds a value that is not a finite number";
  return "";
}

/// What gates and how strictly, before anything is judged.
BenchmarkResult prepared(const SampledSeries& series, const TimeChoice& choice,
                         const Policy& policy) {
  BenchmarkResult result{.name = series.id.benchmark, .metric = series.metric};
  if (!series.base.empty()) result.base = side_of(series.base);
  if (!series.head.empty()) result.head = side_of(series.head);
  const Ruling ruling = ruling_for(series.id, policy);
  if (const std::string defect = defect_of(series); !defect.empty()) {
    // What would have gated must not vanish from the verdict.
    const bool by_default =
        series.metric.tier == Tier::time || gates_by_default(series.metric, choice.metric);
    result.level = level_for(series.metric, by_default, ruling);
    result.decision = Decision::failed;
    result.note = defect;
  } else if (!is_on_both_sides(series)) {
    result.level = Level::off;
    result.decision = series.base.empty() ? Decision::added : Decision::removed;
  } else {
    const bool by_default = gates_by_default(series.metric, choice.metric);
    result.level = level_for(series.metric, by_default, ruling);
    if (result.level != Level::off)
      result.gates_because = series.id.metric == choice.metric ? choice.why
                             : by_default                      ? ""
                                                               : kGatesByRule;
  }
  result.gating = result.level == Level::fail;
  return result;
}

/// Prepared results are still open unless there is nothing to judge.
bool is_judged(const BenchmarkResult& prepared) {
  return prepared.decision == Decision::inconclusive;
}

}  // namespace

std::vector<BenchmarkResult> judge_samples(const std::vector<SampledSeries>& all,
                                           const Policy& policy,
                                           std::optional<double> noise_floor) {
  const Pair medians = medians_of(all);
  std::map<std::string, TimeChoice> choices;
  std::vector<BenchmarkResult> results;
  int gating = 0;
  for (const SampledSeries& series : all) {
    const auto [choice, is_new] = choices.try_emplace(series.id.benchmark);
    if (is_new) choice->second = choose_time_metric({&medians, 1}, series.id.benchmark);
    results.push_back(prepared(series, choice->second, policy));
    if (is_judged(results.back()) && results.back().level != Level::off) ++gating;
  }
  Sampler sampler(policy, noise_floor, gating);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_judged(results[i])) continue;
    const Ruling ruling = ruling_for(all[i].id, policy);
    sampler.judge(all[i], threshold_for(all[i].metric, policy, ruling.threshold), results[i]);
  }
  return results;
}

}  // namespace melisai::gate
