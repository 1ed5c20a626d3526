#include "core/gate/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace melisai::gate {
namespace {

bool is_positive(double value) { return value > 0; }

}  // namespace

double median_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t upper = sorted.size() / 2;
  // Halves first: the sum of two large values may not be finite.
  return sorted.size() % 2 == 1 ? sorted[upper] : sorted[upper - 1] / 2 + sorted[upper] / 2;
}

double grid_step(std::span<const double> base, std::span<const double> head) {
  double step = 0;
  for (const auto& side : {base, head}) {
    std::vector<double> sorted(side.begin(), side.end());
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      const double gap = sorted[i] - sorted[i - 1];
      if (gap > 0 && (step == 0 || gap < step)) step = gap;
    }
  }
  const auto is_off = [step](double value) {
    constexpr double kSlack = 0.01;  // of a step, for what rounding adds
    return std::abs(value / step - std::round(value / step)) > kSlack;
  };
  const bool is_grid = step > 0 && std::none_of(base.begin(), base.end(), is_off) &&
                       std::none_of(head.begin(), head.end(), is_off);
  return is_grid ? step : 0;
}

std::optional<double> Comparison::effect(double value) const {
  if (!std::isfinite(value) || (!logarithmic && base_median == 0)) return std::nullopt;
  const double change = logarithmic ? std::expm1(value) : value / std::abs(base_median);
  if (!std::isfinite(change)) return std::nullopt;
  return change;
}

bool is_too_coarse(const Metric& metric, std::span<const double> base, std::span<const double> head,
                   const Comparison& comparison) {
  if (metric.tier != Tier::time) return false;
  return grid_step(base, head) > comparison.threshold * std::abs(comparison.base_median);
}

Comparison scale_of(std::span<const double> base, std::span<const double> head,
                    const Threshold& threshold) {
  Comparison comparison;
  comparison.base_median = median_of(base);
  comparison.head_median = median_of(head);
  comparison.logarithmic = std::all_of(base.begin(), base.end(), is_positive) &&
                           std::all_of(head.begin(), head.end(), is_positive);
  const double size = std::abs(comparison.base_median);
  comparison.threshold = size > 0 ? threshold.effective(size) : threshold.relative;
  // Where the base is 0 and nothing is small enough to ignore, any change at all is bad.
  comparison.delta = comparison.logarithmic ? std::log1p(comparison.threshold)
                                            : std::max({threshold.floor, threshold.relative * size,
                                                        std::numeric_limits<double>::min()});
  return comparison;
}

Comparison compare(std::span<const double> base, std::span<const double> head, Better better,
                   const Threshold& threshold) {
  Comparison comparison = scale_of(base, head, threshold);
  const double sign = better == Better::higher ? -1 : 1;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const double change =
        comparison.logarithmic ? std::log(head[i]) - std::log(base[i]) : head[i] - base[i];
    comparison.values.push_back(sign * change);
  }
  return comparison;
}

}  // namespace melisai::gate
