#include "core/stats/two_samples.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>

namespace melisai::stats {
namespace {

constexpr std::size_t kExactMax = 25;  // values a side; beyond, the normal approximation is close

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

/// Ways to choose `chosen` of the ranks so that Mann-Whitney's U is u, by adding one value after
/// the other: only sums, so doubles stay exact to the last digit or two.
std::vector<double> ways(std::size_t base, std::size_t head) {
  const std::size_t u_max = base * head;
  // count[j][u]: j of the ranks seen so far are of the head, which beat u values of the base.
  std::vector<std::vector<double>> count(head + 1, std::vector<double>(u_max + 1, 0));
  count[0][0] = 1;
  for (std::size_t rank = 1; rank <= base + head; ++rank)
    for (std::size_t j = std::min(rank, head); j > 0; --j) {
      // The j-th of the head at this rank has rank - j values of the base below it.
      const std::size_t beaten = rank - j;
      if (beaten > base) continue;
      for (std::size_t u = u_max; u >= beaten && u <= u_max; --u)
        count[j][u] += count[j - 1][u - beaten];
    }
  return count[head];
}

/// Largest c with P(U <= c - 1) at most `level` in the normal approximation, with continuity
/// correction.
std::size_t normal_rank(double base, double head, double level) {
  const double mean = base * head / 2;
  const double deviation = std::sqrt(base * head * (base + head + 1) / 12);
  const double z = boost::math::quantile(boost::math::normal_distribution<double>(), level);
  const double rank = std::floor(mean + z * deviation - 0.5) + 1;
  return rank < 1 ? 0 : static_cast<std::size_t>(rank);
}

}  // namespace

const std::vector<double>& ShiftLimits::distribution(std::size_t base, std::size_t head) {
  std::vector<double>& known = distributions_[{base, head}];
  if (!known.empty()) return known;
  known = ways(base, head);
  double sum = 0;
  for (double& each : known) each = sum += each;
  for (double& each : known) each /= sum;
  return known;
}

std::size_t ShiftLimits::rank_of(std::size_t base, std::size_t head, double level) {
  if (std::max(base, head) > kExactMax)
    return normal_rank(static_cast<double>(base), static_cast<double>(head), level);
  const std::vector<double>& at_most = distribution(base, head);
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
