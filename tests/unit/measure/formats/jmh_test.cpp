#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/measure/formats/formats.h"

namespace melisai::formats {
namespace jmh_test {

using ::testing::HasSubstr;

Result<Readings> read(const std::string& text) { return read_text(text, "f", {.name = "jmh"}, {}); }

std::string result(const std::string& mode, const std::string& metric,
                   const std::string& others = "{}") {
  return R"([{"benchmark":"a.B.c","mode":")" + mode + R"(","primaryMetric":)" + metric +
         R"(,"secondaryMetrics":)" + others + "}]";
}

Metric only_metric(const Result<Readings>& parsed) {
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed && parsed->readings.size() == 1 ? parsed->readings[0].metric : Metric{};
}

TEST(Jmh, TheUnitDecidesWhatIsBetterWhateverTheModeIs) {
  EXPECT_EQ(only_metric(read(result("thrpt", R"({"score":2,"scoreUnit":"s/op"})"))),
            (Metric{"wall_time", "ns", Better::lower, Tier::time}));
  EXPECT_EQ(only_metric(read(result("avgt", R"({"score":2,"scoreUnit":"ops/us"})"))),
            (Metric{"throughput", "1/s", Better::higher, Tier::time}));
}

TEST(Jmh, FailsABenchmarkWhoseScoreIsNoNumber) {
  const auto parsed = read(result("avgt", R"({"score":"NaN","scoreUnit":"ns/op","rawData":[]})"));
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->failed.at("a.B.c"), HasSubstr("not a finite number"));
}

TEST(Jmh, RefusesAUnitThatIsNeitherATimeNorARate) {
  for (const char* unit : {"parsecs", "B", ""}) {
    const auto parsed =
        read(result("avgt", R"({"score":1,"scoreUnit":")" + std::string(unit) + R"("})"));
    ASSERT_FALSE(parsed) << unit;
    EXPECT_THAT(parsed.error().message, HasSubstr("a.B.c"));
  }
}

TEST(Jmh, ShowsSecondaryMetricsThatHaveAKnownUnit) {
  const auto parsed = read(result("avgt", R"({"score":1,"scoreUnit":"ns/op"})",
                                  R"({"·gc.alloc.rate":{"score":5,"scoreUnit":"MB/sec"},
                                      "instructions":{"score":7.5,"scoreUnit":"#/op"},
                                      "stack":{"score":1,"scoreUnit":"---"}})"));
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 3u);
  EXPECT_EQ(parsed->readings[1].metric,
            (Metric{"instructions", "count", Better::unknown, Tier::explain}));
  EXPECT_EQ(parsed->readings[2].metric,
            (Metric{"gc_alloc_rate", "B/s", Better::unknown, Tier::explain}));
}

TEST(Jmh, DoesNotJudgeAnOrderOfMagnitude) {
  const auto parsed = read(
      "Benchmark  Mode  Cnt  Score  Error  Units\n"
      "B.tiny  avgt  3  ≈ 10⁻¹²  s/op\n"
      "B.slow  avgt  3  2,5 ± 0,1  s/op\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 2u);
  EXPECT_DOUBLE_EQ(parsed->readings[0].value, 1e-3);
  EXPECT_EQ(parsed->readings[0].metric.tier, Tier::explain);
  EXPECT_DOUBLE_EQ(parsed->readings[1].value, 2.5e9);
  EXPECT_EQ(parsed->readings[1].metric.tier, Tier::time);
}

TEST(Jmh, NamesPercentilesOfSampledTimesAsItsTableDoes) {
  const auto parsed = read(R"([{"benchmark":"B.a","mode":"sample","primaryMetric":{"score":3,
      "scoreUnit":"us/op","scorePercentiles":{"50.0":2,"99.99":9,"100.0":10}}},
      {"benchmark":"B.b","mode":"avgt","primaryMetric":{"score":3,
      "scoreUnit":"us/op","scorePercentiles":{"50.0":2}}}])");
  ASSERT_TRUE(parsed) << parsed.error().message;
  std::map<std::string, double> values;
  for (const Reading& reading : parsed->readings)
    values[reading.benchmark + " " + reading.metric.name] = reading.value;
  EXPECT_EQ(values, (std::map<std::string, double>{{"B.a sample_time", 3000},
                                                   {"B.a p0_50", 2000},
                                                   {"B.a p0_9999", 9000},
                                                   {"B.a p1_00", 10000},
                                                   {"B.b wall_time", 3000}}));
}

}  // namespace jmh_test
}  // namespace melisai::formats
