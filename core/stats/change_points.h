// Change points of a history: one value per commit in, the commits at which the level changed out.
// Pure. Made for CI noise: outliers, skew, and runners of different classes are no change; a change
// must persist before it is told. How it decides, and with which error rates:
// core/decisions/0007-change-points.md.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace melisai::stats {

struct ChangePoint {
  std::size_t index = 0;  ///< first point of the new level
  double before = 0;      ///< median of the stretch before, in the unit of the values
  double after = 0;       ///< and of the stretch that begins here
  double confidence = 0;  ///< 0..1: one minus the chance that equal stretches look so different
  bool operator==(const ChangePoint&) const = default;
};

inline constexpr std::size_t kPointsMin = 16;  ///< nothing is told of fewer
/// A history with fewer points is young: a step of at most kYoungStepMax, a share of the lower of
/// its levels, may as well be the first runner of a second class, and is told for certain only
/// later.
inline constexpr std::size_t kYoungPoints = 60;
inline constexpr double kYoungStepMax = 0.25;

/// Points arrive one at a time. add() costs O(window) on average, however long the history is, and
/// change_points() O(window squared), about half a millisecond. The window is 512 points.
class ChangeDetector {
 public:
  /// `value` must be finite.
  void add(double value);
  /// Found so far, ascending. A later point may move or withdraw a change among the last 512
  /// points, never an older one. Nothing before there are kPointsMin points.
  std::vector<ChangePoint> change_points() const;

 private:
  void settle();

  std::vector<ChangePoint> settled_;
  std::vector<double> window_;
  std::size_t before_window_ = 0;  ///< points that left it
};

/// The change points of a whole history, with one fixed default: what a ChangeDetector tells after
/// the last point. `values` in time order, finite; may be empty.
std::vector<ChangePoint> find_change_points(std::span<const double> values);

}  // namespace melisai::stats
