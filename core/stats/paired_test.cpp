#include "core/stats/paired_test.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace melisai::stats {
namespace {

constexpr std::array kLooks = {4, 6, 8, 10, 13, 16, 20, 26, 32, 40, 60};
constexpr int kLookStep = 20;  // after the last of kLooks

// Each side loses a fifth of the pairs: recorded noise has one wild pair in ten or so.
constexpr double kTrim = 0.2;

// Level of one look out of the level of all looks: kSpend * level^kSpendPower. Fitted on Gaussian
// noise, the worst shape seen, for levels 0.0005 to 0.2 (decision 0003).
constexpr double kSpend = 0.285;
constexpr double kSpendPower = 1.23;

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Differences below this share of delta are rounding: logarithms of equal ratios differ a little.
constexpr double kRounding = 1e-9;

struct Estimate {
  double center = 0;
  double error = 0;  // standard error of the centre
  int freedom = 1;
};

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double squares_around_mean(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

// Trimmed mean and its standard error from the winsorised sum of squares.
// K. K. Yuen, The two-sample trimmed t for unequal population variances, Biometrika 61 (1974).
Estimate estimate(std::span<const double> sorted, std::size_t trim) {
  const std::size_t kept = sorted.size() - 2 * trim;
  std::vector<double> winsorised(sorted.begin(), sorted.end());
  std::fill_n(winsorised.begin(), trim, sorted[trim]);
  std::fill_n(winsorised.rbegin(), trim, sorted[sorted.size() - 1 - trim]);
  const double size = static_cast<double>(kept);
  return {.center = mean_of(sorted.subspan(trim, kept)),
          .error = std::sqrt(squares_around_mean(winsorised) / (size * (size - 1))),
          .freedom = static_cast<int>(kept) - 1};
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

Look decided(Look look, const TestLevels& levels) {
  // A change of exactly delta must not slip through as clear.
  if (look.high < levels.delta * (1 - kRounding)) {
    look.finding = Finding::clear;
  } else if (look.low > 0) {
    look.finding = Finding::slower;
  }
  return look;
}

class WinsorisedTest final : public PairedTest {
 public:
  bool is_look(int pairs) const override {
    if (pairs > kLooks.back()) return (pairs - kLooks.back()) % kLookStep == 0;
    return std::find(kLooks.begin(), kLooks.end(), pairs) != kLooks.end();
  }

  Look look(std::span<const double> values, const TestLevels& levels) const override {
    MELISAI_ASSERT(!values.empty() && levels.delta > 0);
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = sorted.size();
    const auto trim = static_cast<std::size_t>(kTrim * static_cast<double>(n));
    const double equal = kRounding * levels.delta;
    const Estimate robust = estimate(sorted, trim);

    if (n < static_cast<std::size_t>(kLooks.front())) {
      return {.center = robust.center, .low = -kInfinite, .high = kInfinite};
    }
    const double alarm = level_of_look(levels.alarm, n);
    const double miss = level_of_look(levels.miss, n);
    if (sorted.back() - sorted.front() <= equal) {
      const double center = sorted[n / 2];
      return decided({.center = center, .low = center, .high = center}, levels);
    }
    if (sorted[n - 1 - trim] - sorted[trim] <= equal) {
      // Most values are tied and only the trimmed ones differ. A zero spread would pretend to be
      // certain, so the limits come from the order of the values alone.
      const std::size_t below = order_of_limit(n, alarm);
      const std::size_t above = order_of_limit(n, miss);
      return decided({.center = robust.center,
                      .low = below == 0 ? -kInfinite : sorted[below - 1],
                      .high = above == 0 ? kInfinite : sorted[n - above]},
                     levels);
    }
    // Noise with two modes puts n pairs into the same one with probability 4^-n, and then looks
    // quiet: no alarm at a level beyond that.
    const bool provable = alarm >= std::pow(0.25, static_cast<double>(n));
    const double reach = provable ? quantile(robust.freedom, alarm) * robust.error : kInfinite;
    return decided({.center = robust.center,
                    .low = robust.center - reach,
                    .high = robust.center + quantile(robust.freedom, miss) * robust.error},
                   levels);
  }

 private:
  // Looks after the last of kLooks weigh less and less, so that any number of them stays within
  // the level.
  static double level_of_look(double level, std::size_t pairs) {
    const double late = std::min(1.0, kLooks.back() / static_cast<double>(pairs));
    return kSpend * std::pow(level, kSpendPower) * late * late * late;
  }

  // Upper quantile of Student's t. Every series of a suite asks for the same few.
  double quantile(int freedom, double level) const {
    const auto [entry, is_new] = quantiles_.try_emplace({freedom, level}, 0.0);
    if (is_new) {
      entry->second =
          boost::math::quantile(boost::math::complement(boost::math::students_t(freedom), level));
    }
    return entry->second;
  }

  mutable std::map<std::pair<int, double>, double> quantiles_;
};

}  // namespace

std::unique_ptr<PairedTest> make_winsorised_test() { return std::make_unique<WinsorisedTest>(); }

}  // namespace melisai::stats
