#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/gate/gate.h"
#include "core/gate/time_metric.h"

namespace melisai::gate {
namespace {

using testing::HasSubstr;

struct ThresholdCase {
  const char* name;
  Metric metric;
  double relative;
  double floor;
};

class ThresholdOf : public testing::TestWithParam<ThresholdCase> {};

TEST_P(ThresholdOf, FollowsItsTier) {
  const ThresholdCase& row = GetParam();
  const Threshold threshold = threshold_for(row.metric, Policy{});
  EXPECT_DOUBLE_EQ(threshold.relative, row.relative);
  EXPECT_DOUBLE_EQ(threshold.floor, row.floor);
}

INSTANTIATE_TEST_SUITE_P(
    Metrics, ThresholdOf,
    testing::Values(
        ThresholdCase{"Time", {"wall_time", "ns", Better::lower, Tier::time}, 0.05, 0},
        ThresholdCase{"Explain", {"items", "1/s", Better::higher, Tier::explain}, 0.05, 0},
        ThresholdCase{
            "Instructions", {"instructions", "count", Better::lower, Tier::exact}, 0.01, 0},
        ThresholdCase{
            "Faults", {"minor_faults", "count", Better::lower, Tier::near_exact}, 0.01, 16},
        ThresholdCase{"Memory", {"peak_rss", "B", Better::lower, Tier::near_exact}, 0.01, 262'144},
        ThresholdCase{"Reads", {"rchar", "B", Better::lower, Tier::exact}, 0.005, 5},
        ThresholdCase{"OtherCounts", {"syscalls", "count", Better::lower, Tier::exact}, 0.005, 5}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Threshold, OfCountsIsTheSmallerOfPolicyAndDefault) {
  Policy strict;
  strict.threshold = 0.002;
  const Metric faults{"minor_faults", "count", Better::lower, Tier::near_exact};
  EXPECT_DOUBLE_EQ(threshold_for(faults, strict).relative, 0.002);
  EXPECT_DOUBLE_EQ(threshold_for(faults, strict).floor, 16);
}

TEST(Threshold, IsNeverBelowItsFloor) {
  const Threshold threshold{.relative = 0.01, .floor = 16};
  EXPECT_DOUBLE_EQ(threshold.effective(160), 0.1);
  EXPECT_DOUBLE_EQ(threshold.effective(1'600), 0.01);
  EXPECT_DOUBLE_EQ(threshold.effective(160'000), 0.01);
}

struct TimeCase {
  const char* name;
  WarmUpTimes times;
  const char* metric;
  const char* why;
};

class TimeMetric : public testing::TestWithParam<TimeCase> {};

TEST_P(TimeMetric, IsChosenByTheWarmUp) {
  const TimeChoice choice = choose_time_metric(GetParam().times);
  EXPECT_EQ(choice.metric, GetParam().metric);
  EXPECT_THAT(choice.why, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Ratios, TimeMetric,
    testing::Values(
        TimeCase{"OneBusyThread", {100, 99, 100, 105}, "cpu_time", "99 % (base) and 105 % (head)"},
        TimeCase{"WaitsOnBase", {100, 95, 100, 99}, "wall_time", "waits"},
        TimeCase{"WaitsOnHead", {100, 99, 100, 20}, "wall_time", "waits"},
        TimeCase{"ParallelOnBase", {100, 106, 100, 99}, "wall_time", "in parallel"},
        TimeCase{"ParallelOnHead", {100, 99, 100, 380}, "wall_time", "in parallel"},
        TimeCase{"QueuesBehindOthers", {200, 99, 150, 99, 100, 50}, "cpu_time", "queueing"},
        TimeCase{"QueuesAndWaits", {200, 60, 150, 60, 100, 50}, "wall_time", "waits"},
        TimeCase{"OnlyWall", {100, {}, 100, 99}, "wall_time", "only time metric"},
        TimeCase{"OnlyCpu", {100, 99, {}, 99}, "cpu_time", "only time metric"},
        TimeCase{"ZeroWall", {0, 99, 100, 99}, "wall_time", "no wall time"},
        TimeCase{"None", {100, {}, {}, 99}, "", ""}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace melisai::gate
