#include "core/measure/formats/google_benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <regex>

#include "core/base/files.h"

namespace melisai::measure {
namespace {

using ::testing::HasSubstr;
constexpr int kMany = 5000;

std::string document(const std::string& rows) {
  return R"({"context": {}, "benchmarks": [)" + rows + "]}";
}

double value_of(const Observation& observation, const std::string& benchmark,
                const std::string& metric) {
  const auto found = observation.values.find({benchmark, metric});
  return found == observation.values.end() ? -1 : found->second.value;
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
  const auto parsed = parse_google_benchmark(
      "p", document(row("BM_A", 1.5, 1.25, "us") + "," + row("BM_B", 2, 1, "ms")), kMany);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_DOUBLE_EQ(value_of(*parsed, "p/BM_A", "wall_time"), 1500);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "p/BM_A", "cpu_time"), 1250);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "p/BM_B", "wall_time"), 2e6);
}

TEST(GoogleBenchmark, CountsRepetitionsOnceByTheirMedian) {
  const auto parsed = parse_google_benchmark(
      "p",
      document(row("BM", 1, 1, "ns") + "," + row("BM", 9, 1, "ns") + "," + row("BM", 3, 1, "ns") +
               "," + aggregate_row("BM", "mean", 4.3)),
      kMany);
  ASSERT_TRUE(parsed);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "p/BM", "wall_time"), 3);
  EXPECT_EQ(parsed->values.size(), 2u);
}

TEST(GoogleBenchmark, TakesTheMedianRowWhenOnlyAggregatesWerePrinted) {
  const auto parsed = parse_google_benchmark(
      "p", document(aggregate_row("BM", "median", 7) + "," + aggregate_row("BM", "cv", 0.1)),
      kMany);
  ASSERT_TRUE(parsed);
  EXPECT_DOUBLE_EQ(value_of(*parsed, "p/BM", "wall_time"), 7);
}

TEST(GoogleBenchmark, KnowsTheDirectionOfRatesAndOfNoOtherCounter) {
  const auto parsed = parse_google_benchmark(
      "p",
      document(R"({"name":"BM","real_time":1,"cpu_time":1,"time_unit":"ns","bytes_per_second":5e9,
                        "items_per_second":3,"depth":4})"),
      kMany);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->values.at({"p/BM", "bytes_per_second"}).metric,
            (Metric{"bytes_per_second", "B/s", Better::higher, Tier::explain}));
  EXPECT_EQ(parsed->values.at({"p/BM", "items_per_second"}).metric.better, Better::higher);
  EXPECT_EQ(parsed->values.at({"p/BM", "depth"}).metric.better, Better::unknown);
}

TEST(GoogleBenchmark, ReportsAFailedBenchmarkByNameAndKeepsTheOthers) {
  const auto parsed = parse_google_benchmark(
      "p", document(R"({"name":"BM_bad","error_occurred":true,"error_message":"no file"},
                       {"name":"BM","real_time":1,"cpu_time":1,"time_unit":"ns"})"),
      kMany);
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->failed.at("p/BM_bad"), HasSubstr("no file"));
  EXPECT_EQ(value_of(*parsed, "p/BM", "wall_time"), 1);
}

TEST(GoogleBenchmark, SaysWhatIsWrongWithOtherText) {
  for (const char* text : {"", "[]", "{}", "42", "{\"benchmarks\": 3}", "{\"benchmarks\": []}",
                           "{\"benchmarks\": [1]}", R"({"benchmarks":[{"real_time":1}]})",
                           R"({"benchmarks":[{"name":"x","real_time":1,"time_unit":"h"}]})",
                           R"({"benchmarks":[{"name":"x","real_time":NaN,"time_unit":"ns"}]})",
                           "Run on (2 X 2100 MHz)"}) {
    const auto parsed = parse_google_benchmark("p", text, kMany);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::parse);
  }
  EXPECT_FALSE(parse_google_benchmark("p", std::string(100'000, '['), kMany));
}

TEST(GoogleBenchmark, RefusesMoreMetricsThanTheLimit) {
  std::string rows;
  for (int i = 0; i < 10; ++i)
    rows += std::string(i ? "," : "") + R"({"name":"B)" + std::to_string(i) +
            R"(","real_time":1,"cpu_time":1,"time_unit":"ns"})";
  const auto parsed = parse_google_benchmark("p", document(rows), 10);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::limit);
}

TEST(GoogleBenchmark, FilterSelectsExactlyTheNamedBenchmarks) {
  const std::regex filter(
      google_benchmark_filter({"BM_Find/8/threads:2", "BM_Vec<int>(x)", "BM.*"}));
  EXPECT_TRUE(std::regex_search("BM_Find/8/threads:2", filter));
  EXPECT_TRUE(std::regex_search("BM_Vec<int>(x)", filter));
  EXPECT_TRUE(std::regex_search("BM.*", filter));
  EXPECT_FALSE(std::regex_search("BM_Find/8/threads:20", filter));
  EXPECT_FALSE(std::regex_search("BM_Other", filter));
}

TEST(GoogleBenchmark, ReadsRecordedFilesOfRealVersions) {
  const char* shared = std::getenv("MELISAI_SHARED_DIR");
  const std::string folder =
      (shared != nullptr ? std::string(shared) : MELISAI_SOURCE_DIR "/../shared") +
      "/samples/google-benchmark";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no recorded samples at " << folder;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    // The test4 inputs hold rows without any time: they belong to another tool of that project.
    if (entry.path().extension() != ".json" ||
        entry.path().stem().string().find("test4") != std::string::npos)
      continue;
    const auto text = read_file(entry.path(), 1 << 20);
    ASSERT_TRUE(text);
    const auto parsed = parse_google_benchmark("p", *text, kMany);
    EXPECT_TRUE(parsed) << entry.path() << ": " << parsed.error().message;
    ++files;
  }
  EXPECT_GT(files, 3);
}

}  // namespace
}  // namespace melisai::measure
