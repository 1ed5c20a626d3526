#include "tests/bench/changepoints_rules.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/stats/change_points.h"

namespace melisai::bench {
namespace {

struct Weighted {
  double mean = 0;
  double variance = 0;
};

/// Weights fall linearly with the distance from `here`.
Weighted weighted(std::span<const double> values, bool newest_first) {
  const std::size_t count = values.size();
  double weights = 0, sum = 0;
  const auto weight = [&](std::size_t i) {
    return static_cast<double>(newest_first ? count - i : i + 1) / static_cast<double>(count);
  };
  for (std::size_t i = 0; i < count; ++i) {
    weights += weight(i);
    sum += weight(i) * values[i];
  }
  Weighted out{.mean = sum / weights};
  for (const double value : values)
    out.variance += (value - out.mean) * (value - out.mean) / static_cast<double>(count - 1);
  return out;
}

/// Absolute t value of each point as the first of a new level; 0 where the windows do not fit.
std::vector<double> t_values(std::span<const double> values) {
  constexpr std::size_t kAfter = 12, kBeforeMin = 12, kBeforeMax = 24;
  std::vector<double> out(values.size(), 0);
  for (std::size_t i = kBeforeMin; i + kAfter <= values.size(); ++i) {
    const std::size_t before = std::min(i, kBeforeMax);
    const Weighted old = weighted(values.subspan(i - before, before), false);
    const Weighted fresh = weighted(values.subspan(i, kAfter), true);
    const double error = std::sqrt(old.variance / static_cast<double>(before) +
                                   fresh.variance / static_cast<double>(kAfter));
    out[i] = error > 0 ? std::abs(fresh.mean - old.mean) / error : 0;
  }
  return out;
}

}  // namespace

std::vector<std::size_t> ours(std::span<const double> values) {
  std::vector<std::size_t> out;
  for (const stats::ChangePoint& change : stats::find_change_points(values))
    out.push_back(change.index);
  return out;
}

std::vector<std::size_t> like_perfherder(std::span<const double> values) {
  constexpr double kThreshold = 7;
  const std::vector<double> t = t_values(values);
  std::vector<std::size_t> out;
  for (std::size_t i = 1; i + 1 < t.size(); ++i)
    if (t[i] > kThreshold && t[i] >= t[i - 1] && t[i] > t[i + 1]) out.push_back(i);
  return out;
}

std::vector<std::size_t> like_gab(std::span<const double> values) {
  std::vector<std::size_t> out;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (values[i] > 1.1 * values[i - 1]) out.push_back(i);
  return out;
}

std::vector<std::size_t> binary_segmentation(std::span<const double> values) {
  constexpr int kCutsMax = 5;
  const auto count = static_cast<double>(values.size());
  double mean = 0, variance = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) variance += (value - mean) * (value - mean) / (count - 1);
  if (variance == 0) return {};
  std::vector<double> sum = {0};
  for (const double value : values) sum.push_back(sum.back() + (value - mean));
  const auto square = [&](std::size_t begin, std::size_t end) {
    const double of = sum[end] - sum[begin];
    return of * of / static_cast<double>(end - begin);
  };
  std::set<std::size_t> bounds = {0, values.size()};
  for (int cut = 0; cut < kCutsMax; ++cut) {
    double best = 0;
    std::size_t place = 0;
    for (auto at = bounds.begin(); std::next(at) != bounds.end(); ++at) {
      const std::size_t begin = *at, end = *std::next(at);
      for (std::size_t i = begin + 1; i < end; ++i) {
        const double gain = square(begin, i) + square(i, end) - square(begin, end);
        if (gain > best) best = gain, place = i;
      }
    }
    if (best < 3 * std::log(count) * variance) break;
    bounds.insert(place);
  }
  return {std::next(bounds.begin()), std::prev(bounds.end())};
}

}  // namespace melisai::bench
