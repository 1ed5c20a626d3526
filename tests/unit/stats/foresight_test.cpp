#include "core/stats/foresight.h"

#include <gtest/gtest.h>

#include <cmath>

namespace melisai::stats {
namespace {

TEST(PairsToDecision, FollowWaldWhereTheTruthIsKnown) {
  // So many pairs that the centre is the truth: evidence grows by 1/2 a pair at a spread of 1.
  const Progress equal{
      .center = 0, .spread = 1, .pairs = 100'000'000, .to_clear = 50, .to_slower = 50};
  const double pairs = pairs_to_decision(equal);
  EXPECT_NEAR(pairs, 1.5 * 100, 1);
  Progress wider = equal;
  wider.spread = 2;
  EXPECT_NEAR(pairs_to_decision(wider), 4 * pairs, 1);
}

TEST(PairsToDecision, AreMostHalfWayBetweenTheAnswers) {
  Progress progress{.spread = 1, .pairs = 100, .to_clear = 4, .to_slower = 4};
  progress.center = 0.5;
  const double between = pairs_to_decision(progress);
  for (const double center : {-3.0, 0.0, 0.3, 0.8, 1.0, 7.0}) {
    progress.center = center;
    EXPECT_LT(pairs_to_decision(progress), between) << center;
  }
}

TEST(PairsToDecision, AreAtLeastOne) {
  EXPECT_EQ(pairs_to_decision(
                {.center = 0, .spread = 0.05, .pairs = 4, .to_clear = 0.1, .to_slower = 0.1}),
            1);
}

TEST(ShiftFoundWithin, FallsWithMorePairsAndLaxerLevels) {
  const TwoStages lax = two_stages({.alarm = 0.01, .miss = 0.05});
  const TwoStages strict = two_stages({.alarm = 0.0001, .miss = 0.05});
  EXPECT_LT(shift_found_within(60, lax), shift_found_within(20, lax));
  EXPECT_LT(shift_found_within(20, lax), shift_found_within(20, strict));
  const TwoStages often = two_stages({.alarm = 0.01, .miss = 0.2});
  EXPECT_LT(shift_found_within(20, often), shift_found_within(20, lax));
}

TEST(ShiftFoundWithin, IsInfiniteWherePairsCannotProveAnything) {
  EXPECT_TRUE(std::isinf(shift_found_within(7, two_stages({.alarm = 0.01, .miss = 0.05}))));
  EXPECT_TRUE(std::isinf(shift_found_within(10, two_stages({.alarm = 1e-5, .miss = 0.05}))));
}

}  // namespace
}  // namespace melisai::stats
