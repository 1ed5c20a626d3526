#include "core/stats/foresight.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>

namespace melisai::stats {
namespace {

// An unknown scale and looks that come after the boundary is crossed take more than Wald's bound.
constexpr double kBeyondWald = 1.5;

struct Walk {
  double drift = 0;  // per step
  double variance = 0;
  double up = 0;    // distance of the upper boundary
  double down = 0;  // and of the lower one
};

// Mean steps until the walk leaves the interval.
double steps_to_leave(const Walk& walk) {
  const double bend = 2 * walk.drift / walk.variance;
  if (std::abs(bend) * (walk.up + walk.down) < 1e-3) return walk.up * walk.down / walk.variance;
  // Both exponents are negative in the direction of the drift, so nothing overflows.
  const double drift = std::abs(walk.drift);
  const double ahead = walk.drift > 0 ? walk.up : walk.down;
  const double behind = walk.drift > 0 ? walk.down : walk.up;
  const double arrives =
      std::expm1(-std::abs(bend) * behind) / std::expm1(-std::abs(bend) * (ahead + behind));
  return (arrives * ahead - (1 - arrives) * behind) / drift;
}

}  // namespace

double pairs_to_decision(const Progress& progress) {
  // Gauss-Hermite nodes and weights of a standard normal: the truth around the centre.
  constexpr std::array kNodes = {-2.857, -1.3556, 0.0, 1.3556, 2.857};
  constexpr std::array kWeights = {0.01126, 0.22208, 0.53333, 0.22208, 0.01126};
  const double per_shift = 1 / (progress.spread * progress.spread);
  const double error = progress.spread / std::sqrt(static_cast<double>(progress.pairs));
  double pairs = 0;
  for (std::size_t i = 0; i < kNodes.size(); ++i) {
    // A shift beyond delta or below 0 is not judged faster than one right there.
    const double truth = std::clamp(progress.center + kNodes[i] * error, 0.0, 1.0);
    pairs += kWeights[i] * steps_to_leave({.drift = (truth - 0.5) * per_shift,
                                           .variance = per_shift,
                                           .up = progress.to_slower,
                                           .down = progress.to_clear});
  }
  return std::max(1.0, kBeyondWald * pairs);
}

double shift_found_within(int pairs, const TwoStages& stages) {
  const double alarm = std::log(1 / (stages.screening.alarm * stages.confirmation.alarm));
  const double miss = std::min(0.5, stages.screening.miss + stages.confirmation.miss);
  const double beyond = boost::math::quantile(boost::math::complement(boost::math::normal(), miss));
  // Wald's number of pairs grows with log(1/alarm) and 1/shift^2; no shift is found in less than
  // two times four pairs, nor before so many can prove it at all.
  const double proving = 1.4 * alarm - 3.8;
  if (pairs < 8 || pairs <= proving + 1) return std::numeric_limits<double>::infinity();
  return std::sqrt((13.5 * beyond + 2.9 * alarm) / (pairs - proving));
}

}  // namespace melisai::stats
