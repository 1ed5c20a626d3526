#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "core/measure/formats/formats.h"

namespace melisai::formats {
namespace {

using ::testing::HasSubstr;

Result<Readings> read(const std::string& text, const Limits& limits = {}) {
  return read_text(text, "f", {.name = "google-benchmark"}, limits);
}

const Reading* find(const Readings& readings, const std::string& benchmark,
                    const std::string& metric) {
  for (const Reading& reading : readings.readings)
    if (reading.benchmark == benchmark && reading.metric.name == metric) return &reading;
  return nullptr;
}

std::string document(const std::string& rows) {
  return R"({"context": {}, "benchmarks": [)" + rows + "]}";
}

double value_of(const Readings& readings, const std::string& benchmark, const std::string& metric) {
  const Reading* const reading = find(readings, benchmark, metric);
  return reading == nullptr ? -1 : reading->value;
}

/// One entry of "benchmarks"; `more` holds further keys.
std::string row(const std::string& name, double real, double cpu, const std::string& unit,
                const std::string& more = "") {
  return R"({"name":")" + name + R"(","real_time":)" + std::to_string(real) + R"(,"cpu_time":)" +
         std::to_string(cpu) + R"(,"time_unit":")" + unit + "\"" + more + "}";
}

std::string aggregate_row(const std::string& name, const std::string& kind, double time) {
  return row(
      name + "_" + kind, time, time, "ns",
      R"(,"run_name":")" + name + R"(","run_type":"aggregate","aggregate_name":")" + kind + "\"");
}

TEST(GoogleBenchmark, ConvertsTimesToNanoseconds) {
  const auto parsed = read(document(row("BM_A", 1.5, 1.25, "us") + "," + row("BM_B", 2, 1, "ms")));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_DOUBLE_EQ(value_of(*parsed, "BM_A", "wall_time"), 1500);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "BM_A", "cpu_time"), 1250);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "BM_B", "wall_time"), 2e6);
}

TEST(GoogleBenchmark, CountsRepetitionsOnceByTheirMedian) {
  const auto parsed =
      read(document(row("BM", 1, 1, "ns") + "," + row("BM", 9, 1, "ns") + "," +
                    row("BM", 3, 1, "ns") + "," + aggregate_row("BM", "mean", 4.3)));
  ASSERT_TRUE(parsed);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "BM", "wall_time"), 3);
  EXPECT_EQ(parsed->readings.size(), 2u);
}

TEST(GoogleBenchmark, TakesTheMedianRowWhenOnlyAggregatesWerePrinted) {
  const auto parsed =
      read(document(aggregate_row("BM", "median", 7) + "," + aggregate_row("BM", "cv", 0.1)));
  ASSERT_TRUE(parsed);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "BM", "wall_time"), 7);
}

TEST(GoogleBenchmark, TakesTheMeanRowWhereThereIsNoMedian) {
  const auto parsed =
      read(document(aggregate_row("A", "mean", 7) + "," + aggregate_row("A", "stddev", 1) + "," +
                    aggregate_row("B", "mean", 8) + "," + aggregate_row("B", "median", 5)));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_DOUBLE_EQ(value_of(*parsed, "A", "wall_time"), 7);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "B", "wall_time"), 5);
}

TEST(GoogleBenchmark, KnowsAggregatesOfVersionsThatDoNotMarkThem) {
  const auto parsed = read(
      document(row("BM", 1, 1, "ns") + "," + row("BM", 9, 1, "ns") + "," + row("BM", 3, 1, "ns") +
               "," + row("BM_mean", 4, 1, "ns") + "," + row("BM_median", 3, 1, "ns") + "," +
               row("BM_stddev", 4, 1, "ns") + "," + row("of_mean", 2, 1, "ns")));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_DOUBLE_EQ(value_of(*parsed, "BM", "wall_time"), 3);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "of_mean", "wall_time"), 2);
  EXPECT_EQ(parsed->readings.size(), 4u);
}

TEST(GoogleBenchmark, ReadsTimesThatAreTexts) {
  const auto parsed =
      read(document(R"({"name":"BM","real_time":"1.5","cpu_time":"2.5e0","time_unit":"us"})"));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_DOUBLE_EQ(value_of(*parsed, "BM", "wall_time"), 1500);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "BM", "cpu_time"), 2500);
  EXPECT_FALSE(read(document(R"({"name":"BM","real_time":"fast","time_unit":"us"})")));
}

TEST(GoogleBenchmark, KnowsTheDirectionOfRatesAndOfNoOtherCounter) {
  const auto parsed = read(
      document(R"({"name":"BM","real_time":1,"cpu_time":1,"time_unit":"ns","bytes_per_second":5e9,
                        "items_per_second":3,"depth":4})"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(find(*parsed, "BM", "bytes_per_second")->metric,
            (Metric{"bytes_per_second", "B/s", Better::higher, Tier::explain}));
  EXPECT_EQ(find(*parsed, "BM", "items_per_second")->metric.better, Better::higher);
  EXPECT_EQ(find(*parsed, "BM", "depth")->metric.better, Better::unknown);
}

TEST(GoogleBenchmark, ReportsAFailedBenchmarkByNameAndKeepsTheOthers) {
  const auto parsed =
      read(document(R"({"name":"BM_bad","error_occurred":true,"error_message":"no file"},
                       {"name":"BM","real_time":1,"cpu_time":1,"time_unit":"ns"})"));
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->failed.at("BM_bad"), HasSubstr("no file"));
  EXPECT_EQ(value_of(*parsed, "BM", "wall_time"), 1);
}

TEST(GoogleBenchmark, SaysWhatIsWrongWithOtherText) {
  for (const char* text : {"", "[]", "{}", "42", "{\"benchmarks\": 3}", "{\"benchmarks\": []}",
                           "{\"benchmarks\": [1]}", R"({"benchmarks":[{"real_time":1}]})",
                           R"({"benchmarks":[{"name":"x","real_time":1,"time_unit":"parsec"}]})",
                           "Run on (2 X 2100 MHz)"}) {
    const auto parsed = read(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::parse);
  }
  EXPECT_FALSE(read(std::string(100'000, '[')));
}

TEST(GoogleBenchmark, FailsABenchmarkWhoseTimeIsNoNumberThoughJsonHasNone) {
  for (const char* bad : {"NaN", "Infinity", "-inf"}) {
    const auto parsed = read(document(R"({"name":"BM_bad","real_time":)" + std::string(bad) +
                                      R"(,"time_unit":"ns"},)" + row("BM", 1, 1, "ns")));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_THAT(parsed->failed.at("BM_bad"), HasSubstr("not a finite number"));
    EXPECT_EQ(value_of(*parsed, "BM", "wall_time"), 1);
  }
}

TEST(GoogleBenchmark, RefusesMoreMetricsThanTheLimit) {
  std::string rows;
  for (int i = 0; i < 10; ++i)
    rows += std::string(i ? "," : "") + R"({"name":"B)" + std::to_string(i) +
            R"(","real_time":1,"cpu_time":1,"time_unit":"ns"})";
  const auto parsed = read(document(rows), {.readings_max = 10});
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::limit);
}

TEST(GoogleBenchmark, FilterSelectsExactlyTheNamedBenchmarks) {
  const std::regex filter(
      filter_for("google-benchmark", {"BM_Find/8/threads:2", "BM_Vec<int>(x)", "BM.*"}));
  EXPECT_TRUE(std::regex_search("BM_Find/8/threads:2", filter));
  EXPECT_TRUE(std::regex_search("BM_Vec<int>(x)", filter));
  EXPECT_TRUE(std::regex_search("BM.*", filter));
  EXPECT_FALSE(std::regex_search("BM_Find/8/threads:20", filter));
  EXPECT_FALSE(std::regex_search("BM_Other", filter));
}

}  // namespace
}  // namespace melisai::formats
