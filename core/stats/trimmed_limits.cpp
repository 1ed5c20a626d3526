#include "core/stats/trimmed_limits.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "core/base/result.h"

namespace melisai::stats {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Each side loses a fifth of the pairs: recorded noise has one wild pair in ten or so.
constexpr double kTrim = 0.2;

// Level of one look out of the level of all looks: kSpend * level^kSpendPower, less after
// kPairsFull so that any number of looks stays within the level.
constexpr double kSpend = 0.2;
constexpr double kSpendPower = 1.23;
constexpr double kPairsFull = 60;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double squares_around_mean(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

std::size_t trim_of(std::size_t size) {
  return static_cast<std::size_t>(kTrim * static_cast<double>(size));
}

double level_of_look(double level, std::size_t pairs) {
  const double late = std::min(1.0, kPairsFull / static_cast<double>(pairs));
  return kSpend * std::pow(level, kSpendPower) * late * late * late;
}

// Largest k for which "fewer than k of n fair coins show heads" has at most probability `level`:
// the k-th smallest value is then a lower limit of the median, whatever the distribution.
std::size_t order_of_limit(std::size_t n, double level) {
  double term = std::pow(0.5, static_cast<double>(n));
  double below = term;
  std::size_t k = 0;
  while (k < n && below <= level) {
    ++k;
    term *= static_cast<double>(n - k + 1) / static_cast<double>(k);
    below += term;
  }
  return k;
}

}  // namespace

double trimmed_mean(std::span<const double> sorted) {
  const std::size_t trim = std::max<std::size_t>(sorted.size() < 3 ? 0 : 1, trim_of(sorted.size()));
  return mean_of(sorted.subspan(trim, sorted.size() - 2 * trim));
}

Estimate trimmed_estimate(std::span<const double> sorted) {
  const std::size_t trim = trim_of(sorted.size());
  const std::size_t kept = sorted.size() - 2 * trim;
  std::vector<double> winsorised(sorted.begin(), sorted.end());
  std::fill_n(winsorised.begin(), trim, sorted[trim]);
  std::fill_n(winsorised.rbegin(), trim, sorted[sorted.size() - 1 - trim]);
  const double size = static_cast<double>(kept);
  return {.center = mean_of(sorted.subspan(trim, kept)),
          .error = std::sqrt(squares_around_mean(winsorised) / (size * (size - 1))),
          .freedom = static_cast<int>(kept) - 1};
}

Limits TrimmedLimits::operator()(std::span<const double> sorted, const Levels& levels) const {
  const std::size_t n = sorted.size();
  MELISAI_ASSERT(n >= 4);
  if (sorted.back() - sorted.front() <= levels.rounding) {
    const double value = sorted[n / 2];
    return {.low = value, .high = value};
  }
  const double low = level_of_look(levels.low, n);
  const double high = level_of_look(levels.high, n);
  const std::size_t trim = trim_of(n);
  if (sorted[n - 1 - trim] - sorted[trim] <= levels.rounding) {
    // Most values are tied and only the trimmed ones differ. A zero spread would pretend to be
    // certain, so the limits come from the order of the values alone.
    const std::size_t below = order_of_limit(n, low);
    const std::size_t above = order_of_limit(n, high);
    return {.low = below == 0 ? -kInfinite : sorted[below - 1],
            .high = above == 0 ? kInfinite : sorted[n - above]};
  }
  // Pairs that are all in one mode look quiet: nothing is proven at a level beyond the probability
  // of that.
  const double provable = std::pow(kModeShare, static_cast<double>(n));
  const Estimate robust = trimmed_estimate(sorted);
  const auto reach = [&](double level) {
    return level < provable ? kInfinite : quantile(robust.freedom, level) * robust.error;
  };
  return {.low = robust.center - reach(low), .high = robust.center + reach(high)};
}

// Upper quantile of Student's t. Every series of a suite asks for the same few.
double TrimmedLimits::quantile(int freedom, double level) const {
  const auto [entry, is_new] = quantiles_.try_emplace({freedom, level}, 0.0);
  if (is_new) {
    entry->second =
        boost::math::quantile(boost::math::complement(boost::math::students_t(freedom), level));
  }
  return entry->second;
}

}  // namespace melisai::stats
