#include "core/stats/binomial.h"

#include <boost/math/distributions/binomial.hpp>

namespace melisai::stats {

using Binomial = boost::math::binomial_distribution<>;

double binomial_tail(int hits, int trials, double rate) {
  if (hits <= 0) return 1;
  if (hits > trials) return 0;
  return cdf(complement(Binomial(trials, rate), hits - 1));
}

double rate_limit(int hits, int trials, double error) {
  if (hits >= trials) return 1;
  return Binomial::find_upper_bound_on_p(trials, hits, error);
}

}  // namespace melisai::stats
