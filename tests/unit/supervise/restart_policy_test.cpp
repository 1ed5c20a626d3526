#include "core/supervise/restart_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace melisai::supervise {
namespace restart_policy_test {

using namespace std::chrono_literals;

TEST(RestartDelay, DoublesFromFiveSecondsToFiveMinutes) {
  SeededRng rng(1);
  const RestartOptions exact{.jitter = 0};
  const std::vector<Time> expected = {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s};
  for (int attempts = 0; attempts < 8; ++attempts)
    EXPECT_EQ(restart_delay(exact, attempts, rng), expected[static_cast<std::size_t>(attempts)]);
  EXPECT_EQ(restart_delay(exact, 1'000'000, rng), 300s);
}

TEST(RestartDelay, JittersByAQuarterToEitherSide) {
  SeededRng rng(7);
  for (const auto& [attempts, middle] : {std::pair<int, Time>{0, 5s}, {9, 300s}}) {
    Time least = Time::max();
    Time most{};
    for (int i = 0; i < 1000; ++i) {
      const Time delay = restart_delay({}, attempts, rng);
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    EXPECT_GE(least, middle * 3 / 4);
    EXPECT_LE(most, middle * 5 / 4);
    EXPECT_LT(least, middle * 77 / 100) << "uses the whole range";
    EXPECT_GT(most, middle * 123 / 100);
  }
}

TEST(RecoveryAction, FollowsFromTheClassOfFailure) {
  EXPECT_EQ(action_for(FailureClass::startup), RecoveryAction::restart);
  EXPECT_EQ(action_for(FailureClass::health), RecoveryAction::restart);
  EXPECT_EQ(action_for(FailureClass::communication), RecoveryAction::restart);
  EXPECT_EQ(action_for(FailureClass::exhaustion), RecoveryAction::restart_after_cooldown);
  EXPECT_EQ(action_for(FailureClass::dependency), RecoveryAction::wait_for_dependency);
  EXPECT_EQ(action_for(FailureClass::config), RecoveryAction::give_up);
}

TEST(FailureClass, IsFoundFromTheErrorOfAStart) {
  EXPECT_EQ(class_of_start({Errc::config, ""}), FailureClass::config);
  EXPECT_EQ(class_of_start({Errc::usage, ""}), FailureClass::config);
  EXPECT_EQ(class_of_start({Errc::disk_full, ""}), FailureClass::exhaustion);
  EXPECT_EQ(class_of_start({Errc::limit, ""}), FailureClass::exhaustion);
  EXPECT_EQ(class_of_start({Errc::timeout, ""}), FailureClass::startup);
  EXPECT_EQ(class_of_start({Errc::io, ""}), FailureClass::startup);
}

}  // namespace restart_policy_test
}  // namespace melisai::supervise
