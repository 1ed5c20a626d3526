// What the note of a benchmark says.
#include <gtest/gtest.h>

#include "core/gate/gate.h"
#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace {

using test::judge_one;
using test::one_pair;

TEST(GateNotes, ASuspectThatCannotBeConfirmedSaysWhy) {
  for (const int pairs_max : {7, 8}) {
    const BenchmarkResult result = judge_one(
        [] {
          return one_pair("app", test::wall_time(), {100, 120});
        },
        {.max_pairs = pairs_max});
    EXPECT_EQ(result.decision, pairs_max == 8 ? Decision::regressed : Decision::inconclusive);
    EXPECT_EQ(result.note, pairs_max == 8 ? ""
                                          : "suspected after 4 pairs, not confirmed by 3 fresh; "
                                            "max-pairs 7 cannot turn red: a regression takes at "
                                            "least 8");
  }
}

TEST(GateNotes, WithoutAnUpperLimitAnySlowdownMayHide) {
  int pairs = 0;
  const BenchmarkResult result = judge_one(
      [&pairs] {
        return one_pair("app", test::wall_time(), {100, pairs++ % 2 == 0 ? 50.0 : 200.0});
      },
      {.max_pairs = 8});
  EXPECT_EQ(result.decision, Decision::inconclusive);
  ASSERT_FALSE(result.effect_high);
  EXPECT_EQ(result.note, "8 pairs were not enough: any slowdown may hide");
}

/// Four pairs of the screening with one growth, the fresh ones with another.
BenchmarkResult grown(double screening, double fresh) {
  int pairs = 0;
  return judge_one([&pairs, screening, fresh] {
    const bool is_screening = pairs++ <= 4;  // the warm-up and four pairs
    return one_pair("app", test::rchar(), {1'000, 1'000 * (is_screening ? screening : fresh)});
  });
}

TEST(GateNotes, MediansOfAllPairsAreNotTakenForAChangeOfTheFreshOnes) {
  const BenchmarkResult result = grown(1.3, 1.06);
  ASSERT_EQ(result.decision, Decision::regressed);
  EXPECT_NEAR(result.effect.value(), 0.06, 1e-3);
  EXPECT_EQ(result.head, Side{1'180});
  EXPECT_EQ(result.note,
            "the change is that of the 4 fresh pairs, from 1000 B to 1.0 KiB; base and head are "
            "medians of all 8 pairs");
  EXPECT_EQ(grown(1.06, 1.06).note, "");
}

TEST(GateNotes, MediansAreNotTakenForAChangePairByPair) {
  const BenchmarkResult result = grown(1.06, 1.3);
  ASSERT_EQ(result.decision, Decision::regressed);
  ASSERT_NEAR(result.effect.value(), 0.06, 1e-3) << "the screening rules out more";
  EXPECT_EQ(result.note,
            "base and head are medians of all 8 pairs, and the change is judged pair by pair");
}

}  // namespace
}  // namespace melisai::gate
