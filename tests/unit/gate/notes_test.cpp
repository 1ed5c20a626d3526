// What the note of an undecided benchmark says.
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

}  // namespace
}  // namespace melisai::gate
