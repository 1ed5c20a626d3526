// The pairs of one series on the scale on which they are judged: log ratios, or signed differences
// as soon as a value is not positive. Private to core/gate.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/gate/gate.h"

namespace melisai::gate {

/// `values` must not be empty.
double median_of(std::span<const double> values);

/// The step of a grid on which all values lie, as a clock that ticks rarely makes them; 0 when they
/// lie on none, or when each side is constant.
double grid_step(std::span<const double> base, std::span<const double> head);

struct Comparison {
  std::vector<double>
      values;        ///< one a pair, positive = worse (unknown direction: positive = more)
  double delta = 0;  ///< > 0: the threshold on the scale of `values`
  bool logarithmic = true;
  double base_median = 0;
  double head_median = 0;

  /// A point of the scale as a relative change; nothing when there is none: infinite, or the base
  /// is 0.
  std::optional<double> effect(double value) const;
  /// The threshold as a fraction of the base.
  double threshold = 0;
};

/// Whether a slowdown of the threshold may hide within one tick of the clock of a time, however
/// often it says the same.
bool is_too_coarse(const Metric& metric, std::span<const double> base, std::span<const double> head,
                   const Comparison& comparison);

/// The scale alone, without `values`; each side has its own length >= 1.
Comparison scale_of(std::span<const double> base, std::span<const double> head,
                    const Threshold& threshold);

/// `base` and `head` in time order, finite, of one length >= 1.
Comparison compare(std::span<const double> base, std::span<const double> head, Better better,
                   const Threshold& threshold);

}  // namespace melisai::gate
