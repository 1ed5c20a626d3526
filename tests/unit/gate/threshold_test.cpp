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
            "Allocations", {"allocations", "count", Better::lower, Tier::exact}, 0.005, 0.5},
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

BenchmarkResult judged(const Metric& metric, double effective, double base) {
  BenchmarkResult result;
  result.metric = metric;
  result.threshold = effective;
  result.base = Side{base};
  return result;
}

TEST(Threshold, IsFoundAgainFromAResult) {
  const Metric memory{"peak_rss", "B", Better::lower, Tier::near_exact};
  const Metric time{"wall_time", "ns", Better::lower, Tier::time};
  const Policy policy;
  EXPECT_DOUBLE_EQ(percentage_of(judged(time, 0.12, 5), policy), 0.12);
  EXPECT_DOUBLE_EQ(percentage_of(judged(memory, 0.03, 1e9), policy), 0.03);
  const double floor = 262'144 / 4e6;
  EXPECT_DOUBLE_EQ(percentage_of(judged(memory, floor, -4e6), policy), 0.01) << "of the floor";
  EXPECT_DOUBLE_EQ(percentage_of(judged(memory, 0.02, 0), policy), 0.02) << "no base to divide by";
}

TEST(Threshold, IsNeverBelowItsFloor) {
  const Threshold threshold{.relative = 0.01, .floor = 16};
  EXPECT_DOUBLE_EQ(threshold.effective(160), 0.1);
  EXPECT_DOUBLE_EQ(threshold.effective(1'600), 0.01);
  EXPECT_DOUBLE_EQ(threshold.effective(160'000), 0.01);
}

}  // namespace
}  // namespace melisai::gate
