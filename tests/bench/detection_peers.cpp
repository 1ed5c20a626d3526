#include "tests/bench/detection_peers.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

namespace melisai::bench {
namespace {

using Values = std::span<const double>;

constexpr std::size_t kRuns = 20;

double mean_of(Values values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// P(Z > z) of a standard normal Z.
double upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

bool mean_ratio_alarms(Values base, Values head) { return mean_of(head) / mean_of(base) > 1.10; }

bool paired_t_alarms(Values base, Values head) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < base.size(); ++i) differences.push_back(head[i] - base[i]);
  const double n = static_cast<double>(base.size());
  const double mean = mean_of(differences);
  double squares = 0;
  for (const double difference : differences) squares += (difference - mean) * (difference - mean);
  return mean / std::sqrt(squares / (n - 1) / n) >= 2;
}

struct Ranked {
  std::vector<double> rank;  ///< of each value, from 1; the mean rank where values are equal
  double ties = 0;           ///< sum of t^3 - t over groups of t equal values
};

Ranked rank(Values values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  Ranked ranked{.rank = std::vector<double>(values.size())};
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from;
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    for (std::size_t i = from; i < to; ++i)
      ranked.rank[order[i]] = (static_cast<double>(from + to) + 1) / 2;
    const double equal = static_cast<double>(to - from);
    ranked.ties += equal * equal * equal - equal;
    from = to;
  }
  return ranked;
}

// Two-sided, normal approximation with ties and continuity. H. B. Mann, D. R. Whitney, On a test of
// whether one of two random variables is stochastically larger, Ann. Math. Stat. 18 (1947).
bool mann_whitney_alarms(Values base, Values head) {
  std::vector<double> all(base.begin(), base.end());
  all.insert(all.end(), head.begin(), head.end());
  const Ranked ranked = rank(all);
  const double n = static_cast<double>(base.size());
  const double m = static_cast<double>(head.size());
  const double sum = std::accumulate(ranked.rank.begin() + static_cast<std::ptrdiff_t>(base.size()),
                                     ranked.rank.end(), 0.0);
  const double u = sum - m * (m + 1) / 2;
  const double variance = n * m / 12 * (n + m + 1 - ranked.ties / ((n + m) * (n + m - 1)));
  if (variance <= 0) return false;
  const double excess = u - n * m / 2;
  return excess > 0 && 2 * upper_tail((excess - 0.5) / std::sqrt(variance)) < 0.05;
}

// One-sided signed ranks of the log ratios, normal approximation with ties and continuity.
// F. Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1 (1945).
bool wilcoxon_alarms(Values base, Values head) {
  std::vector<double> changes;
  std::vector<double> sizes;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const double change = std::log(head[i] / base[i]);
    if (change == 0) continue;
    changes.push_back(change);
    sizes.push_back(std::abs(change));
  }
  if (changes.empty()) return false;
  const Ranked ranked = rank(sizes);
  double positive = 0;
  for (std::size_t i = 0; i < changes.size(); ++i)
    if (changes[i] > 0) positive += ranked.rank[i];
  const double n = static_cast<double>(changes.size());
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranked.ties / 48;
  return upper_tail((positive - n * (n + 1) / 4 - 0.5) / std::sqrt(variance)) < 0.01;
}

}  // namespace

std::array<bool, kPeers> peers_alarm(const Window& window) {
  const Values base = Values(window.base).first(kRuns);
  const Values head = Values(window.head).first(kRuns);
  return {mean_ratio_alarms(base, head), paired_t_alarms(base, head),
          mann_whitney_alarms(base, head), wilcoxon_alarms(window.base, window.head)};
}

}  // namespace melisai::bench
