#include "core/stats/welch.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "core/base/result.h"

namespace melisai::stats {
namespace {

struct Moments {
  double count = 0;
  double mean = 0;
  double error = 0;  // squared standard error of the mean
};

Moments moments_of(std::span<const double> values) {
  Moments moments{.count = static_cast<double>(values.size())};
  moments.mean = std::accumulate(values.begin(), values.end(), 0.0) / moments.count;
  if (values.size() < 2) return moments;
  for (const double value : values)
    moments.error += (value - moments.mean) * (value - moments.mean);
  moments.error /= (moments.count - 1) * moments.count;
  return moments;
}

double freedom_part(const Moments& side) {
  return side.count < 2 ? 0 : side.error * side.error / (side.count - 1);
}

}  // namespace

double chance_of_larger_mean(std::span<const double> base, std::span<const double> head) {
  MELISAI_ASSERT(!base.empty() && !head.empty());
  const Moments low = moments_of(base);
  const Moments high = moments_of(head);
  if (!(high.mean > low.mean)) return 1;
  if (base.size() < 2 && head.size() < 2) return 0.5;
  const double error = low.error + high.error;
  if (!(error > 0)) return 0;
  const double freedom = error * error / (freedom_part(low) + freedom_part(high));
  const boost::math::students_t distribution(freedom);
  return cdf(complement(distribution, (high.mean - low.mean) / std::sqrt(error)));
}

}  // namespace melisai::stats
