#include "core/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kPairsMax = 10'000;

Waiting one(std::size_t subject, int pairs, int expected) {
  return {.subject = subject, .pairs = pairs, .pairs_expected = expected, .pair_time = seconds{1}};
}

TEST(Schedule, EverybodyGetsAPairWhileThereIsTimeForAll) {
  const std::vector<Waiting> waiting = {one(0, 8, 20), one(1, 8, 30), one(2, 0, 0)};
  EXPECT_THAT(next_round(waiting, kPairsMax, seconds{600}), ElementsAre(0, 1, 2));
}

TEST(Schedule, WhatNeedsLeastGoesFirstWhenTimeIsShort) {
  // 12 + 3 + 22 seconds are needed and 20 are there.
  const std::vector<Waiting> waiting = {one(0, 8, 20), one(1, 10, 13), one(2, 8, 30)};
  EXPECT_THAT(next_round(waiting, kPairsMax, seconds{20}), ElementsAre(0, 1));
}

TEST(Schedule, ASlowPairCountsByItsTimeNotByItsNumber) {
  std::vector<Waiting> waiting = {one(0, 8, 12), one(1, 8, 18)};
  waiting[0].pair_time = seconds{10};
  EXPECT_THAT(next_round(waiting, kPairsMax, seconds{15}), ElementsAre(1));
}

TEST(Schedule, ASuspectComesBeforeEverybodyElse) {
  std::vector<Waiting> waiting = {one(0, 8, 12), one(1, 8, 24)};
  waiting[1].confirming = true;
  EXPECT_THAT(next_round(waiting, kPairsMax, seconds{17}), ElementsAre(1));
}

TEST(Schedule, NobodyIsTurnedAwayBeforeFourPairs) {
  const std::vector<Waiting> waiting = {one(0, 3, 0), one(1, 10, 40)};
  EXPECT_THAT(next_round(waiting, kPairsMax, seconds{2}), ElementsAre(0));
  const std::vector<Waiting> young = {one(0, 3, 0), one(1, 2, 0)};
  EXPECT_THAT(next_round(young, kPairsMax, seconds{2}), ElementsAre(0, 1));
}

TEST(Schedule, WhatCannotEndInTimeGivesTheRestBack) {
  EXPECT_THAT(next_round(std::vector{one(0, 16, 1'000)}, kPairsMax, seconds{100}), IsEmpty());
  EXPECT_THAT(next_round(std::vector{one(0, 16, 300)}, kPairsMax, seconds{100}), ElementsAre(0))
      << "a forecast is rough";
  EXPECT_THAT(next_round(std::vector{one(0, 16, 317)}, kPairsMax, seconds{100}), IsEmpty())
      << "but not by more than a factor of three";
  EXPECT_THAT(next_round(std::vector{one(0, 15, 1'000)}, kPairsMax, seconds{100}), ElementsAre(0))
      << "too few pairs to give up";
  Waiting suspect = one(0, 16, 1'000);
  suspect.confirming = true;
  EXPECT_THAT(next_round(std::vector{suspect}, kPairsMax, seconds{100}), ElementsAre(0));
}

TEST(Schedule, APairThatDoesNotFitLeavesItsTimeToOthers) {
  std::vector<Waiting> waiting = {one(0, 8, 12), one(1, 8, 12)};
  waiting[0].pair_time = seconds{10};
  waiting[0].confirming = true;
  EXPECT_THAT(next_round(waiting, kPairsMax, seconds{6}), ElementsAre(1));
}

TEST(Schedule, NobodyNeedsMorePairsThanThereMayBe) {
  std::vector<Waiting> waiting = {one(0, 10, 500), one(1, 8, 10)};
  waiting[0].confirming = true;
  EXPECT_THAT(next_round(waiting, 60, seconds{100}), ElementsAre(0, 1));
}

}  // namespace
}  // namespace melisai
