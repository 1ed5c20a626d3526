// Limits of a location that hold whatever the scale of the noise is: the winsorised t test, with
// the order of the values where most are tied. Pure. Private to core/stats.
#pragma once

#include <map>
#include <span>
#include <utility>

namespace melisai::stats {

/// Noise has modes: where each half of a pair is in one of three equally likely states, a pair is a
/// state or more too high with this probability, with two states with 1/4.
constexpr double kModeShare = 1.0 / 3;

struct Limits {
  double low = 0;
  double high = 0;
};

/// Robust location: mean of the values that are left when a fifth, at least one of three or more,
/// is cut off at each end. `sorted` ascending, not empty.
double trimmed_mean(std::span<const double> sorted);

/// Trimmed mean and its standard error from the winsorised sum of squares; below five values
/// nothing is trimmed. Standard deviation of the noise, were it Gaussian: error * sqrt(values).
/// K. K. Yuen, The two-sample trimmed t for unequal population variances, Biometrika 61 (1974).
struct Estimate {
  double center = 0;
  double error = 0;
  int freedom = 1;
};
/// `sorted` ascending, at least two.
Estimate trimmed_estimate(std::span<const double> sorted);

class TrimmedLimits {
 public:
  struct Levels {
    double low = 0;       ///< P(truth < low ever) is at most this, over all looks together
    double high = 0;      ///< P(truth > high ever) is at most this
    double rounding = 0;  ///< values that differ by less are equal
  };
  /// `sorted` ascending, at least four. Both limits are the value itself where all are equal.
  Limits operator()(std::span<const double> sorted, const Levels& levels) const;

 private:
  double quantile(int freedom, double level) const;

  mutable std::map<std::pair<int, double>, double> quantiles_;
};

}  // namespace melisai::stats
