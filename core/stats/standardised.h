// A window of a history made comparable: noise of any unit becomes 1, single outliers cannot speak
// loudly. Private to change points. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace melisai::stats {

/// How far from its neighbours a point may be and still count in full, in units of the noise.
constexpr double kOutlier = 4;

/// Vectors with one entry per point, in units of the noise, from the window's median.
struct Standardised {
  double center = 0;  ///< that median, in units of the noise
  std::vector<double> raw;
  std::vector<double> clipped;  ///< at most kOutlier from the median of seven neighbours
  std::vector<double> middle;   ///< median of the point and its two neighbours
};

/// Nothing when there is no change to look for: fewer than two points, or none that differ by more
/// than rounding. `values` finite.
std::optional<Standardised> standardise(std::span<const double> values);

}  // namespace melisai::stats
