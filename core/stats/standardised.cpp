#include "core/stats/standardised.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/stats/median.h"

namespace melisai::stats {
namespace {

// Of the standard normal distribution: half and three quarters of all values are closer to 0.
constexpr double kHalfWithin = 0.6744897501960817;
constexpr double kThreeQuartersWithin = 1.1503493803760079;

constexpr std::size_t kLags = 4;
// Sums of squares lose all digits when the noise is much smaller than the changes.
constexpr double kNoiseOfRangeMin = 1e-4;
constexpr double kRounding = 1e-9;

double nth(std::vector<double>& values, std::size_t rank) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

std::vector<double> distances(std::span<const double> values, std::size_t lag) {
  std::vector<double> out;
  out.reserve(values.size() - lag);
  for (std::size_t i = lag; i < values.size(); ++i)
    out.push_back(std::abs(values[i] - values[i - lag]));
  return out;
}

/// Standard deviation of what differs between commits a few apart. Steps are rare, so medians of
/// differences do not see them. Differences of white noise are the same at every lag; those of a
/// drift grow with it, and then a step must stand out of what the drift does in kLags commits.
double noise_scale(std::span<const double> values) {
  // By as much the largest of several estimates exceeds each of them on white noise.
  const double allowance = 1 + 2 / std::sqrt(static_cast<double>(values.size()));
  double scale = 0;
  for (std::size_t lag = 1; lag <= kLags && lag < values.size(); ++lag) {
    std::vector<double> apart = distances(values, lag);
    double deviation = nth(apart, apart.size() / 2) / kHalfWithin;
    // Counters are mostly equal; what they do in a third of the commits is still no change.
    if (lag == 1 && deviation == 0)
      deviation = nth(apart, apart.size() * 3 / 4) / kThreeQuartersWithin;
    scale = std::max(scale, deviation / std::numbers::sqrt2 / (lag == 1 ? 1 : allowance));
  }
  return scale;
}

/// Median of seven points around each, of the first and last seven at the ends, so that up to three
/// points there cannot be their own measure.
std::vector<double> local_medians(std::span<const double> values) {
  const std::size_t count = std::min<std::size_t>(7, values.size());
  std::vector<double> out(values.size());
  std::vector<double> near;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t begin = std::min(i - std::min(i, count / 2), values.size() - count);
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(begin);
    near.assign(first, first + static_cast<std::ptrdiff_t>(count));
    std::sort(near.begin(), near.end());
    out[i] = (near[(count - 1) / 2] + near[count / 2]) / 2;
  }
  return out;
}

double median_of_three(double a, double b, double c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

}  // namespace

std::optional<Standardised> standardise(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const std::vector<double> levels = local_medians(values);
  const auto [lowest, highest] = std::minmax_element(levels.begin(), levels.end());
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const double noise =
      std::max({noise_scale(values), kNoiseOfRangeMin * (*highest - *lowest), kRounding * largest});
  if (noise == 0 || *highest - *lowest <= kRounding * largest) return std::nullopt;

  std::vector<double> sorted(values.begin(), values.end());
  const double center = median_of(sorted);
  Standardised out;
  out.center = center / noise;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.raw.push_back((values[i] - center) / noise);
    const double level = (levels[i] - center) / noise;
    out.clipped.push_back(std::clamp(out.raw[i], level - kOutlier, level + kOutlier));
  }
  out.middle = out.raw;
  for (std::size_t i = 1; i + 1 < values.size(); ++i)
    out.middle[i] = median_of_three(out.raw[i - 1], out.raw[i], out.raw[i + 1]);
  return out;
}

}  // namespace melisai::stats
