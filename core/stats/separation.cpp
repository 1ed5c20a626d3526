#include "core/stats/separation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace melisai::stats {
namespace {

double nats_of(double share, double expected) {
  return share > 0 ? share * std::log(share / expected) : 0;
}

/// Kullback-Leibler divergence between two coins.
double divergence(double share, double expected) {
  return nats_of(share, expected) + nats_of(1 - share, 1 - expected);
}

}  // namespace

double separation(std::span<const double> before, std::span<const double> after) {
  MELISAI_ASSERT(!before.empty() && !after.empty());
  std::vector<std::pair<double, bool>> sorted;  // and whether it is after
  sorted.reserve(before.size() + after.size());
  for (const double value : before) sorted.emplace_back(value, false);
  for (const double value : after) sorted.emplace_back(value, true);
  std::sort(sorted.begin(), sorted.end());

  const auto all = static_cast<double>(sorted.size());
  const auto of_before = static_cast<double>(before.size());
  const auto of_after = static_cast<double>(after.size());
  double best = 0, low_before = 0, low_after = 0;
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    ++(sorted[i].second ? low_after : low_before);
    if (sorted[i].first == sorted[i + 1].first) continue;
    const double low = (low_before + low_after) / all;
    best = std::max(best, of_before * divergence(low_before / of_before, low) +
                              of_after * divergence(low_after / of_after, low));
  }
  return best - std::log(2 * std::numbers::pi * of_before * of_after / all) / 2;
}

}  // namespace melisai::stats
