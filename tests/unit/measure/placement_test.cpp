#include "core/measure/placement.h"

#include <gtest/gtest.h>

#include <set>

namespace melisai::measure {
namespace {

Usage usage(double cpu_per_wall, int tasks) {
  Usage made;
  made.wall_time_ns = 1'000'000;
  made.cpu_time_ns = static_cast<std::int64_t>(cpu_per_wall * 1e6);
  made.tasks_max = tasks;
  return made;
}

const std::vector<int> kFour = {0, 1, 2, 3};

TEST(Placement, PinsSingleThreadedPairsToOneCpu) {
  EXPECT_TRUE(decide_placement({}, kFour, {usage(0.99, 1), usage(1.05, 1)}).one_cpu);
}

TEST(Placement, LeavesParallelProgramsAlone) {
  EXPECT_FALSE(decide_placement({}, kFour, {usage(0.5, 1), usage(0.5, 2)}).one_cpu);
  EXPECT_FALSE(decide_placement({}, kFour, {usage(1.06, 1), usage(0.9, 1)}).one_cpu);
}

TEST(Placement, ObeysTheUser) {
  EXPECT_FALSE(decide_placement({.mode = Pinning::Mode::off}, kFour, {usage(0.9, 1)}).one_cpu);
  const Placement listed =
      decide_placement({.mode = Pinning::Mode::list, .cpus = {1, 9}}, kFour, {usage(2, 4)});
  EXPECT_EQ(listed.fixed, std::vector<int>{1});
  EXPECT_TRUE(
      decide_placement({.mode = Pinning::Mode::list, .cpus = {9}}, kFour, {}).fixed.empty());
}

TEST(Placement, DoesNotPinWhereThereIsOneCpuOnly) {
  EXPECT_FALSE(decide_placement({}, {0}, {usage(0.9, 1)}).one_cpu);
}

TEST(Placement, DrawsEveryCpu) {
  SeededRng rng(1);
  const Placement placement{.one_cpu = true};
  std::set<int> drawn;
  for (int i = 0; i < 100; ++i) drawn.insert(draw_cpu(placement, kFour, rng));
  EXPECT_EQ(drawn, (std::set<int>{0, 1, 2, 3}));
  EXPECT_EQ(draw_cpu({}, kFour, rng), -1);
}

TEST(StandAside, LeavesTheBusyCpuAndComesBack) {
  const std::vector<int> before = usable_cpus();
  if (before.size() < 2) GTEST_SKIP() << "needs two CPUs";
  {
    const StandAside aside(before, {before.front()});
    EXPECT_EQ(usable_cpus(), std::vector<int>(before.begin() + 1, before.end()));
  }
  EXPECT_EQ(usable_cpus(), before);
}

}  // namespace
}  // namespace melisai::measure
