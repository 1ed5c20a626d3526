#include "core/schedule.h"

#include <algorithm>

namespace melisai {
namespace {

constexpr int kFirstPairs = 4;  // fewer say nothing, so nobody is turned away before

// Forecasts are rough: a process is given up only when it would need this many times what is left.
constexpr int kHopelessFactor = 3;
constexpr int kHopelessPairsMin = 16;

Milliseconds time_needed(const Waiting& one, int pairs_max) {
  const int expected = std::max(one.pairs_expected, kFirstPairs);
  return one.pair_time * std::max(1, std::min(expected, pairs_max) - one.pairs);
}

bool is_hopeless(const Waiting& one, int pairs_max, Milliseconds time_left) {
  return !one.confirming && one.pairs >= kHopelessPairsMin &&
         time_needed(one, pairs_max) > time_left * kHopelessFactor;
}

}  // namespace

std::vector<std::size_t> next_round(std::span<const Waiting> waiting, int pairs_max,
                                    Milliseconds time_left) {
  std::vector<Waiting> order;
  for (const Waiting& one : waiting)
    if (one.pair_time < time_left && !is_hopeless(one, pairs_max, time_left)) order.push_back(one);
  std::stable_sort(order.begin(), order.end(), [pairs_max](const Waiting& a, const Waiting& b) {
    if (a.confirming != b.confirming) return a.confirming;
    return time_needed(a, pairs_max) < time_needed(b, pairs_max);
  });
  std::vector<std::size_t> chosen;
  Milliseconds needed{0};
  for (const Waiting& one : order) {
    needed += time_needed(one, pairs_max);
    const bool is_young = one.pairs < kFirstPairs;
    if (chosen.empty() || is_young || needed <= time_left) chosen.push_back(one.subject);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace melisai
