#include "core/stats/two_samples.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace melisai::stats {
namespace {

// Sums that it takes to count all orders; beyond, both sides are so large that the normal
// approximation is close.
constexpr std::size_t kExactWorkMax = 10'000'000;

std::vector<double> spread_over(std::span<const double> values, std::size_t max) {
  if (values.size() <= max) return {values.begin(), values.end()};
  std::vector<double> some(max);
  for (std::size_t i = 0; i < max; ++i) some[i] = values[i * values.size() / max];
  return some;
}

double nth(std::vector<double>& values, std::size_t n) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(n);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// P(U <= u) of Mann-Whitney's U for u below its mean. The orders with U = u are the coefficients
/// of a Gaussian binomial, built one factor after the other; the small ones, which matter, are sums
/// of small ones only. Source: Andrews, The Theory of Partitions (1976), theorem 3.1.
std::vector<double> lower_tail(std::size_t base, std::size_t head) {
  const auto [fewer, more] = std::minmax(base, head);
  std::vector<double> orders(base * head / 2 + 1, 0);
  orders[0] = 1;
  double all = 1;
  for (std::size_t i = 1; i <= fewer; ++i) {
    for (std::size_t u = orders.size(); u-- > more + i;) orders[u] -= orders[u - more - i];
    for (std::size_t u = i; u < orders.size(); ++u) orders[u] += orders[u - i];
    all *= static_cast<double>(more + i) / static_cast<double>(i);
  }
  double sum = 0;
  for (double& each : orders) each = (sum += each) / all;
  return orders;
}

/// Largest c with P(U <= c - 1) at most `level` in the normal approximation with continuity
/// correction, less one: near the middle the approximation is too small by less than that.
std::size_t normal_rank(double base, double head, double level) {
  const double mean = base * head / 2;
  const double deviation = std::sqrt(base * head * (base + head + 1) / 12);
  const double z = boost::math::quantile(boost::math::normal_distribution<double>(), level);
  const double rank = std::floor(mean + z * deviation - 0.5);
  return rank < 1 ? 0 : static_cast<std::size_t>(rank);
}

}  // namespace

std::size_t ShiftLimits::rank_of(std::size_t base, std::size_t head, double level) {
  if (base * head * std::min(base, head) > kExactWorkMax)
    return normal_rank(static_cast<double>(base), static_cast<double>(head), level);
  std::vector<double>& at_most = tails_[{base, head}];
  if (at_most.empty()) at_most = lower_tail(base, head);
  const auto first_above = std::upper_bound(at_most.begin(), at_most.end(), level);
  return static_cast<std::size_t>(first_above - at_most.begin());
}

Shift ShiftLimits::between(std::span<const double> base, std::span<const double> head,
                           double level_low, double level_high) {
  const std::vector<double> b = spread_over(base, kValuesMax);
  const std::vector<double> h = spread_over(head, kValuesMax);
  std::vector<double> differences;
  differences.reserve(b.size() * h.size());
  for (const double x : b)
    for (const double y : h) differences.push_back(y - x);
  const std::size_t count = differences.size();
  Shift shift;
  const double upper_middle = nth(differences, count / 2);
  shift.estimate =
      count % 2 == 1 ? upper_middle : (upper_middle + nth(differences, count / 2 - 1)) / 2;
  if (const std::size_t rank = rank_of(b.size(), h.size(), level_low); rank > 0)
    shift.low = nth(differences, rank - 1);
  if (const std::size_t rank = rank_of(b.size(), h.size(), level_high); rank > 0)
    shift.high = nth(differences, count - rank);
  return shift;
}

int ShiftLimits::values_needed(double level) {
  // The most extreme of all orders has probability 1 / (2n over n).
  double orders = 1;
  int values = 0;
  while (1 / orders > level) {
    ++values;
    orders *= 2.0 * (2.0 * values - 1) / values;
  }
  return values;
}

}  // namespace melisai::stats
