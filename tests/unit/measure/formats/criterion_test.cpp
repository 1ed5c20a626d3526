#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/measure/formats/formats.h"
#include "tests/unit/measure/formats/find_reading.h"

namespace melisai::formats {
namespace criterion_test {

using ::testing::HasSubstr;

TEST(Criterion, TakesTheMiddleOfTheBracketAndNoChange) {
  const auto parsed =
      read_as("criterion",
              "a/b                     time:   [1.0 us 2.0 us 9.0 us]\n"
              "                 change:\n"
              "                        time:   [+1.0% +2.0% +3.0%] (p = 0.5 > 0.05)\n"
              "                        thrpt:  [+1.0% +2.0% +3.0%]\n");
  EXPECT_EQ(value_in(parsed, "a/b"), 2000);
  EXPECT_EQ(parsed->readings.size(), 1u);
}

TEST(Criterion, FailsABenchmarkThatWasStartedAndGaveNoResult) {
  const auto parsed = read_as("criterion",
                              "Benchmarking a\nBenchmarking a: Analyzing\n"
                              "a     time:   [1.0 us 2.0 us 9.0 us]\n"
                              "Benchmarking b: c\nBenchmarking b: c: Warming up for 3.0000 s\n");
  EXPECT_EQ(value_in(parsed, "a"), 2000);
  EXPECT_EQ(parsed->failed.count("b: c"), 1u);
}

TEST(Criterion, RefusesAMeasurementInAnUnknownUnit) {
  const auto parsed = read_as("criterion", "a     time:   [1.0 cpb 2.0 cpb 9.0 cpb]\n");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("f:1: benchmark 'a' is measured in 'cpb'"));
}

}  // namespace criterion_test
}  // namespace melisai::formats
