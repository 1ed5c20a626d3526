#include "core/stats/binomial.h"

#include <gtest/gtest.h>

#include <cmath>

namespace melisai::stats {
namespace {

TEST(BinomialTail, IsTheChanceOfAtLeastSoManyHits) {
  EXPECT_EQ(binomial_tail(0, 10, 0.3), 1);
  EXPECT_NEAR(binomial_tail(1, 10, 0.5), 1 - std::pow(0.5, 10), 1e-12);
  EXPECT_NEAR(binomial_tail(10, 10, 0.5), std::pow(0.5, 10), 1e-15);
  EXPECT_NEAR(binomial_tail(2, 3, 0.1), 3 * 0.01 * 0.9 + 0.001, 1e-12);
  EXPECT_EQ(binomial_tail(4, 3, 0.1), 0);
}

TEST(RateLimit, OfNothingSeenIsTheRateThatHidesSoOften) {
  EXPECT_NEAR(rate_limit(0, 14, 0.05), 1 - std::pow(0.05, 1.0 / 14), 1e-9);
}

TEST(RateLimit, MakesSoFewHitsAsRareAsTheErrorAllows) {
  for (const int hits : {0, 1, 7, 13})
    EXPECT_NEAR(1 - binomial_tail(hits + 1, 14, rate_limit(hits, 14, 0.05)), 0.05, 1e-9) << hits;
}

TEST(RateLimit, IsOneWhereNothingSpeaksAgainstIt) {
  EXPECT_EQ(rate_limit(14, 14, 0.05), 1);
  EXPECT_EQ(rate_limit(0, 0, 0.05), 1);
}

}  // namespace
}  // namespace melisai::stats
