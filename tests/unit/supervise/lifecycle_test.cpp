#include "core/supervise/lifecycle.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace melisai::supervise {
namespace lifecycle_test {

const std::vector<LifecycleState>& all_states() {
  static const std::vector<LifecycleState> states = {NotStarted{}, Starting{}, Running{},
                                                     Stopping{},   Stopped{},  Failed{}};
  return states;
}

// Ways to each state, so that every pair can be tried.
Lifecycle in(const LifecycleState& state) {
  static const std::vector<std::vector<LifecycleState>> ways = {
      {},
      {Starting{}},
      {Starting{}, Running{}},
      {Starting{}, Running{}, Stopping{}},
      {Starting{}, Running{}, Stopping{}, Stopped{}},
      {Starting{}, Running{}, Stopping{}, Failed{}}};
  Lifecycle life;
  for (const LifecycleState& step : ways[state.index()]) EXPECT_TRUE(life.move_to(step));
  return life;
}

TEST(Lifecycle, AllowsTheseTransitionsAndNoOther) {
  const std::set<std::pair<std::string, std::string>> legal = {
      {"not_started", "starting"}, {"starting", "running"}, {"starting", "stopping"},
      {"running", "stopping"},     {"stopping", "stopped"}, {"stopping", "failed"},
      {"stopped", "starting"},     {"stopped", "failed"},   {"failed", "stopping"}};
  for (const LifecycleState& from : all_states())
    for (const LifecycleState& to : all_states()) {
      const std::pair pair{std::string(name_of(from)), std::string(name_of(to))};
      Lifecycle life = in(from);
      const Result<void> moved = life.move_to(to);
      EXPECT_EQ(moved.has_value(), legal.contains(pair)) << pair.first << " -> " << pair.second;
      EXPECT_EQ(life.state().index(), moved ? to.index() : from.index());
      if (moved) continue;
      EXPECT_EQ(moved.error().code, Errc::internal);
      EXPECT_EQ(moved.error().message,
                "a module that is " + pair.first + " cannot become " + pair.second);
    }
}

TEST(Lifecycle, KeepsWhatAStateSays) {
  Lifecycle life = in(Stopping{});
  ASSERT_TRUE(life.move_to(Failed{"disk gone", 3}));
  EXPECT_EQ(life.state(), LifecycleState(Failed{"disk gone", 3}));
}

TEST(Lifecycle, IsUpWhileItMayHoldResources) {
  std::string up;
  for (const LifecycleState& state : all_states())
    if (is_up(state)) up += std::string(name_of(state)) + " ";
  EXPECT_EQ(up, "starting running stopping ");
}

TEST(Lifecycle, NamesTheReasonsToStop) {
  EXPECT_EQ(name_of(StopReason::requested), "requested");
  EXPECT_EQ(name_of(StopReason::shutdown), "shutdown");
  EXPECT_EQ(name_of(StopReason::error), "error");
  EXPECT_EQ(name_of(StopReason::dependency), "dependency");
}

}  // namespace lifecycle_test
}  // namespace melisai::supervise
