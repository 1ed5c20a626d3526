#include <gtest/gtest.h>

#include "core/gate/gate.h"

namespace melisai::gate {
namespace {

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

}  // namespace
}  // namespace melisai::gate
