// Faster is no reason to stop anybody, but to be told, and not by chance.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace {

using test::constant;
using test::judge_one;
using test::noisy_time;
using test::one_pair;

TEST(GateImprovement, ShrinkingToZeroIsAnImprovement) {
  const BenchmarkResult result = judge_one(constant(test::rchar(), {4'096, 0}));
  EXPECT_EQ(result.decision, Decision::improved);
  EXPECT_DOUBLE_EQ(result.effect.value(), -1);
}

TEST(GateImprovement, FasterByTheThresholdIsImproved) {
  EXPECT_EQ(judge_one(noisy_time(-0.10, 3)).decision, Decision::improved);
  EXPECT_EQ(judge_one(noisy_time(-0.02, 3)).decision, Decision::clear);
}

TEST(GateImprovement, AGainThatMayBeChanceIsMeasuredOnAndClearMeanwhile) {
  // The first four pairs rule a slowdown out, but a gain of 20 % could still be none.
  const std::vector<double> heads = {78.6, 81.1, 78.9, 80.9};
  Policy policy;
  policy.false_alarm = 0.0001;
  for (const int pairs_max : {4, 60}) {
    policy.max_pairs = pairs_max;
    int pairs = 0;
    const BenchmarkResult result = judge_one(
        [&] {
          const std::size_t i = static_cast<std::size_t>(std::max(0, pairs++ - 1));
          return one_pair("app", test::wall_time(),
                          {100, i < heads.size() ? heads[i] : 79.5 + double(i % 3)});
        },
        policy);
    EXPECT_EQ(result.decision, pairs_max == 4 ? Decision::clear : Decision::improved);
    EXPECT_EQ(result.pairs > 4, pairs_max > 4);
  }
}

TEST(GateImprovement, IsNeverSaidOfAnIntervalThatReachesZero) {
  // Chance may take a gain for one far more often than the upper limit may err.
  const Policy policy{.false_alarm = 0.4, .miss = 0.001};
  int improved = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const BenchmarkResult result = judge_one(noisy_time(-0.06, seed), policy);
    if (result.decision != Decision::improved) continue;
    ++improved;
    EXPECT_LT(result.effect_high.value_or(1), 0) << seed;
  }
  EXPECT_GT(improved, 30);
}

}  // namespace
}  // namespace melisai::gate
