#include <gtest/gtest.h>

#include "core/collect/collect.h"

namespace melisai::collect {
namespace {

Sample seen(const std::string& metric, double value) {
  return {.collector = "quiet", .metric = {.name = metric}, .value = value};
}

std::string said(const std::string& metric, double value) {
  return disturbance({seen(metric, value)}, {});
}

TEST(Disturbance, BelowEveryThresholdIsQuiet) {
  EXPECT_EQ(
      disturbance({seen("other_cpu", 0.199), seen("steal", 0.0199), seen("memory_pressure", 0.0999),
                   seen("io_pressure", 0.0999), seen("throttled", 0)},
                  {}),
      "");
  EXPECT_EQ(disturbance({}, {}), "");
}

TEST(Disturbance, AtTheThresholdIsDisturbed) {
  EXPECT_EQ(said("other_cpu", 0.2), "other processes used 0.20 CPUs");
  EXPECT_EQ(said("steal", 0.02), "the hypervisor took 2.0 % of CPU time");
  EXPECT_EQ(said("memory_pressure", 0.1), "tasks waited 10 % of the time for memory");
  EXPECT_EQ(said("io_pressure", 0.1), "tasks waited 10 % of the time for I/O");
  EXPECT_EQ(said("throttled", 1), "the CPU was throttled once");
  EXPECT_EQ(said("throttled", 3), "the CPU was throttled 3 times");
}

TEST(Disturbance, ThresholdsAreThoseOfTheOptions) {
  CollectOptions options;
  options.disturbed_other_cpu = 0.5;
  options.disturbed_steal = 0.05;
  options.disturbed_pressure = 0.3;
  EXPECT_EQ(disturbance({seen("other_cpu", 0.4), seen("steal", 0.04), seen("memory_pressure", 0.2),
                         seen("io_pressure", 0.2)},
                        options),
            "");
  EXPECT_EQ(disturbance({seen("other_cpu", 0.62)}, options), "other processes used 0.62 CPUs");
}

TEST(Disturbance, SeveralReasonsAreJoined) {
  EXPECT_EQ(disturbance({seen("other_cpu", 1.5), seen("steal", 0.041), seen("io_pressure", 0)}, {}),
            "other processes used 1.50 CPUs; the hypervisor took 4.1 % of CPU time");
}

TEST(Disturbance, OnlyTheCollectorNamedQuietCounts) {
  Sample sample = seen("other_cpu", 3);
  sample.collector = "noisy";
  EXPECT_EQ(disturbance({sample}, {}), "");
  EXPECT_EQ(said("something_else", 3), "");
}

}  // namespace
}  // namespace melisai::collect
