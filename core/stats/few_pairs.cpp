#include "core/stats/few_pairs.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/base/result.h"

namespace melisai::stats {
namespace {

constexpr int kPairsMin = 4;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double squares_around_mean(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

/// Of all looks from the fourth pair on, that at `pairs` may err by this part: they sum to 1.
double part_of_look(int pairs) { return 1.0 / ((pairs - 3.0) * (pairs - 2.0)); }

/// How many standard errors a limit lies from the centre.
double errors_away(double freedom, double level) {
  return quantile(complement(boost::math::students_t(freedom), level));
}

struct Errors {
  double paired = 0;  ///< standard errors of the centre
  double independent = 0;
};

double distance(const Errors& errors, int pairs, double level) {
  const double half = level * part_of_look(pairs) / 2;
  return std::min(errors.paired * errors_away(pairs - 1, half),
                  errors.independent * errors_away(2.0 * (pairs - 1), half));
}

}  // namespace

int pairs_needed(double level) {
  constexpr double kRounding = 1e-9;
  return std::max(kPairsMin,
                  static_cast<int>(std::ceil(-std::log(level) / std::log(4) - kRounding)));
}

ShiftOfFew shift_of_few(std::span<const double> base, std::span<const double> head,
                        const Rates& rates) {
  MELISAI_ASSERT(!base.empty() && base.size() == head.size());
  std::vector<double> differences;
  for (std::size_t i = 0; i < base.size(); ++i) differences.push_back(head[i] - base[i]);
  ShiftOfFew shift{.center = mean_of(differences), .low = -kInfinite, .high = kInfinite};
  if (base.size() < kPairsMin) return shift;
  const double n = static_cast<double>(base.size());
  const double squares = squares_around_mean(base) + squares_around_mean(head);
  const Errors errors{.paired = std::sqrt(squares_around_mean(differences) / (n * (n - 1))),
                      .independent = std::sqrt(squares / (n * (n - 1)))};
  const int pairs = static_cast<int>(base.size());
  shift.low = shift.center - distance(errors, pairs, rates.alarm);
  shift.high = shift.center + distance(errors, pairs, rates.miss);
  return shift;
}

}  // namespace melisai::stats
