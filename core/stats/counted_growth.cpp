#include "core/stats/counted_growth.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/result.h"
#include "core/stats/binomial.h"

namespace melisai::stats {
namespace {

// Counts are whole numbers of the binomial test; more say nothing new.
constexpr double kCountMax = 1e8;
// Series that count less than this a run say nothing about dispersion.
constexpr double kMeanMin = 1;

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// How runs of one side differ: variance = linear * mean, or mean + square * mean^2, whichever is
// larger. Estimated by moments, from all series together.
class Dispersion {
 public:
  void add(const std::vector<double>& counts) {
    const double mean = sum_of(counts) / static_cast<double>(counts.size());
    if (counts.size() < 2 || mean < kMeanMin) return;
    const auto freedom = static_cast<double>(counts.size() - 1);
    double squares = 0;
    for (const double count : counts) squares += (count - mean) * (count - mean);
    pearson_ += squares / mean;
    excess_ += squares - freedom * mean;
    weight_ += freedom * mean * mean;
    freedom_ += freedom;
  }
  /// By what a count of this mean is to be divided.
  double at(double mean) const {
    if (freedom_ <= 0) return 1;
    // About the upper limit of chi-square / freedom: an estimate from few runs may be far too low.
    const double margin = 1 + 2 * std::sqrt(2 / freedom_);
    const double linear = pearson_ / freedom_ - 1;
    const double square = weight_ > 0 ? excess_ / weight_ * mean : 0;
    return 1 + std::max({0.0, linear, square}) * margin;
  }

 private:
  double pearson_ = 0;
  double excess_ = 0;
  double weight_ = 0;
  double freedom_ = 0;
};

}  // namespace

std::vector<double> chances_of_growth(std::span<const CountedSeries> series) {
  Dispersion dispersion;
  for (const CountedSeries& each : series) {
    MELISAI_ASSERT(!each.base.empty() && !each.head.empty());
    dispersion.add(each.base);
    dispersion.add(each.head);
  }
  std::vector<double> chances;
  for (const CountedSeries& each : series) {
    const auto runs = static_cast<double>(each.base.size() + each.head.size());
    const double scale = 1 / dispersion.at((sum_of(each.base) + sum_of(each.head)) / runs);
    const double base = sum_of(each.base) * scale;
    const double head = sum_of(each.head) * scale;
    const double part = static_cast<double>(each.head.size()) / runs;
    // Rounded against a finding.
    const double shrink = std::min(1.0, kCountMax / std::max(base + head, 1.0));
    const int hits = static_cast<int>(std::floor(head * shrink));
    const int trials = hits + static_cast<int>(std::ceil(base * shrink));
    const bool grew = hits > part * trials;
    chances.push_back(grew ? std::min(1.0, binomial_tail(hits, trials, part)) : 1.0);
  }
  return chances;
}

std::vector<double> holm(std::span<const double> chances) {
  std::vector<std::size_t> order(chances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return chances[a] < chances[b]; });
  std::vector<double> adjusted(chances.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double left = static_cast<double>(order.size() - i);
    largest = std::max(largest, std::min(1.0, chances[order[i]] * left));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace melisai::stats
