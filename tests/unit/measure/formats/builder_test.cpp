#include "core/measure/formats/builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace melisai::formats {
namespace builder_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMost = std::numeric_limits<double>::max();

TEST(ReadingsBuilder, GathersRepetitionsInTheirOrderAndTakesTheMedian) {
  ReadingsBuilder builder({});
  for (const double value : {9., 1., 4., 3.}) ASSERT_TRUE(builder.add("a", wall_time(), value));
  ASSERT_TRUE(builder.add("b", wall_time(), 7));
  const auto readings = builder.take();
  ASSERT_TRUE(readings);
  ASSERT_THAT(readings->readings, SizeIs(2));
  EXPECT_THAT(readings->readings[0].values, ElementsAre(9, 1, 4, 3));
  EXPECT_EQ(readings->readings[0].value, 3.5);
  EXPECT_EQ(readings->readings[0].n, 4u);
  EXPECT_EQ(readings->readings[1].value, 7);
}

TEST(ReadingsBuilder, PrefersMeasuredValuesToTheToolsSummary) {
  ReadingsBuilder builder({});
  ASSERT_TRUE(builder.add_summary("a", wall_time(), 100, 50));
  ASSERT_TRUE(builder.add("a", wall_time(), 1));
  ASSERT_TRUE(builder.add_summary("b", wall_time(), 100, 50));
  ASSERT_TRUE(builder.add_summary("b", wall_time(), 300, 0));
  const auto readings = builder.take();
  ASSERT_TRUE(readings);
  EXPECT_EQ(readings->readings[0].value, 1);
  EXPECT_EQ(readings->readings[0].n, 1u);
  EXPECT_EQ(readings->readings[1].value, 200);
  EXPECT_EQ(readings->readings[1].n, 51u);
  EXPECT_THAT(readings->readings[1].values, ElementsAre());
}

TEST(ReadingsBuilder, StaysFiniteWithTheLargestNumbers) {
  ReadingsBuilder builder({});
  constexpr auto kMany = std::numeric_limits<std::uint64_t>::max();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(builder.add_summary("a", wall_time(), kMost, kMany));
  const auto readings = builder.take();
  EXPECT_EQ(readings->readings[0].value, kMost);
  EXPECT_EQ(readings->readings[0].n, kMany);
}

TEST(ReadingsBuilder, FailsABenchmarkWhoseTimeIsNoTimeAndLeavesOutWhatIsOnlyShown) {
  ReadingsBuilder builder({});
  for (const auto& [name, value] : {std::pair("nan", kNan), std::pair("negative", -1.)}) {
    ASSERT_TRUE(builder.add(name, wall_time(), 1));
    ASSERT_TRUE(builder.add(name, wall_time(), value));
  }
  ASSERT_TRUE(builder.add("good", wall_time(), 0));
  ASSERT_TRUE(builder.add("good", shown("depth", "count", Better::unknown), kNan));
  ASSERT_TRUE(builder.add("good", shown("error", "ratio", Better::unknown), -1));
  const auto readings = builder.take();
  ASSERT_TRUE(readings);
  EXPECT_THAT(readings->failed, SizeIs(2));
  EXPECT_THAT(readings->failed.at("nan"), HasSubstr("wall_time is not a finite number"));
  ASSERT_THAT(readings->readings, SizeIs(2));
  EXPECT_EQ(readings->readings[1].metric.name, "error");
}

TEST(ReadingsBuilder, CleansNamesOfBenchmarksAndMetrics) {
  ReadingsBuilder builder({});
  ASSERT_TRUE(builder.add("a\x1B[31m\xFF", shown("b\n", "count", Better::unknown), 1));
  ASSERT_TRUE(builder.add("a\x1B[31m\xFE", shown("b\r", "count", Better::unknown), 2));
  builder.fail("c\n", "line\nline");
  const auto readings = builder.take();
  ASSERT_THAT(readings->readings, SizeIs(1)) << "what looks the same is the same";
  EXPECT_EQ(readings->readings[0].benchmark, "a?[31m?");
  EXPECT_EQ(readings->readings[0].metric.name, "b?");
  EXPECT_THAT(readings->failed, ElementsAre(std::pair("c?", "line?line")));
}

TEST(ReadingsBuilder, RefusesOneMetricInTwoUnits) {
  ReadingsBuilder builder({});
  ASSERT_TRUE(builder.add("a", shown("x", "ns", Better::lower), 1));
  EXPECT_THAT(builder.add("a", shown("x", "B", Better::lower), 1).error().message,
              HasSubstr("'a' gives 'x' in two units"));
  EXPECT_FALSE(builder.add("a", shown("x", "ns", Better::higher), 1));
}

TEST(ReadingsBuilder, RefusesEmptyNamesEvenOfBadValues) {
  ReadingsBuilder builder({});
  EXPECT_EQ(builder.add("", wall_time(), kNan).error().code, Errc::parse);
  EXPECT_EQ(builder.add("a", shown("", "count", Better::unknown), 1).error().code, Errc::parse);
  EXPECT_THAT(builder.take().error().message, HasSubstr("no benchmark"));
  builder.fail("", "x");
  EXPECT_THAT(builder.take().error().message, HasSubstr("failed has no name"));
}

TEST(ReadingsBuilder, HasLimits) {
  ReadingsBuilder builder({.readings_max = 2, .values_max = 4, .name_bytes_max = 10});
  const std::string longer = "12345678901";
  for (const double value : {1., kNan})
    EXPECT_THAT(builder.add(longer, wall_time(), value).error().message, HasSubstr("is longer"));
  EXPECT_THAT(builder.add("a", shown(longer, "count", Better::unknown), 1).error().message,
              HasSubstr("'12345678901' is longer than 10 B"));
  ASSERT_TRUE(builder.add("1234567890", wall_time(), 1));
  ASSERT_TRUE(builder.add("b", wall_time(), 1));
  EXPECT_THAT(builder.add("c", wall_time(), 1).error().message, HasSubstr("more than 2 benchmark"));
  ASSERT_TRUE(builder.add("b", wall_time(), 1));
  EXPECT_THAT(builder.add("b", wall_time(), 1).error().message, HasSubstr("more than 4 values"));
}

TEST(ReadingsBuilder, DoesNotForgetAFailure) {
  ReadingsBuilder builder({.readings_max = 1});
  builder.fail("a", "x");
  builder.fail("a", "again");
  builder.fail("b", "x");
  EXPECT_EQ(builder.take().error().code, Errc::limit);
}

}  // namespace builder_test
}  // namespace melisai::formats
