// Traps of asv, BenchmarkDotNet, hyperfine and of the files that services exchange.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/measure/formats/formats.h"

namespace melisai::formats {
namespace suites_test {

using ::testing::HasSubstr;

Result<Readings> read(const std::string& format, const std::string& text) {
  return read_text(text, "f", {.name = format}, {});
}

TEST(Asv, LeavesOutWhatWasSkippedAndDoesNotJudgeTrackedValues) {
  const auto parsed = read("asv", R"({"commit_hash":"c","results":{
      "a.time_b":{"result":[NaN,2],"params":[["1","2"]]},"a.track_c":5}})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 2u);
  EXPECT_TRUE(parsed->failed.empty());
  EXPECT_EQ(parsed->readings[0].benchmark, "a.time_b(2)");
  EXPECT_EQ(parsed->readings[1].metric.better, Better::unknown);
}

TEST(Asv, KeepsEnvironmentsApart) {
  const auto parsed = read("asv",
                           "[ 0.00%] ·· Benchmarking py3.11\n[50.00%] ··· a.time_b   1.5±0.1ms\n"
                           "[50.00%] ·· Benchmarking py3.12\n[99.00%] ··· a.time_b   2.5±0.1ms\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 2u);
  EXPECT_EQ(parsed->readings[0].benchmark, "a.time_b");
  EXPECT_THAT(parsed->readings[1].benchmark, HasSubstr("py3.12"));
}

TEST(BenchmarkDotNet, KeepsTypesOfOneLogApart) {
  const std::string table = "| Method | Mean |\n|---|---:|\n| Run | 5.0 ns |\n";
  const auto parsed =
      read("benchmarkdotnet", "// * Detailed results *\nFirst.Run: DefaultJob\n\n" + table +
                                  "// * Detailed results *\nSecond.Run: DefaultJob\n\n" + table);
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 2u);
  EXPECT_EQ(parsed->readings[1].benchmark, "Second.Run");
}

TEST(BenchmarkDotNet, ReadsRowsOfMoreAndFewerCellsThanTheHeader) {
  const auto longer = read("benchmarkdotnet", "| Method | Mean |\n| a | 5 ns | 6 ns | 7 ns |\n");
  ASSERT_TRUE(longer) << longer.error().message;
  EXPECT_EQ(longer->readings[0].value, 5);
  const auto shorter = read("benchmarkdotnet", "| Method | N | Mean |\n| a | 1 |\n");
  ASSERT_FALSE(shorter);
  EXPECT_THAT(shorter.error().message, HasSubstr("f:2: the row ends before its mean"));
}

TEST(BenchmarkDotNet, TakesTheDirectionOfAMetricFromTheFile) {
  const auto parsed = read("benchmarkdotnet", R"({"Benchmarks":[{"FullName":"a","Statistics":
      {"Median":1},"Metrics":[{"Value":3,"Descriptor":{"Id":"x","DisplayName":"Hit Rate",
      "Unit":"%","TheGreaterTheBetter":true}}]}]})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 2u);
  EXPECT_EQ(parsed->readings[1].metric,
            (Metric{"hit_rate", "ratio", Better::higher, Tier::explain}));
}

TEST(Hyperfine, FailsACommandThatASignalEnded) {
  const auto parsed = read("hyperfine", R"({"results":[{"command":"a","mean":1,"times":[1,1],
      "exit_codes":[0,null]},{"command":"b","mean":2,"times":[2],"exit_codes":[0],
      "memory_usage_byte":[4096]}]})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(parsed->failed.at("a"), HasSubstr("1 of its runs"));
  ASSERT_EQ(parsed->readings.size(), 2u);
  EXPECT_EQ(parsed->readings[1].metric.name, "peak_rss");
}

TEST(Hyperfine, TellsCommandsOfOneNameApartByTheirParameters) {
  const auto parsed = read("hyperfine", R"({"results":[
      {"command":"a","mean":1,"parameters":{"n":"1"}},
      {"command":"a","mean":2,"parameters":{"n":"2"}}]})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->readings[1].benchmark, "a [n=2]");
}

TEST(ResultFiles, SayWhichValueIsNoNumber) {
  for (const auto& [format, text] : {
           std::pair("bencher-bmf-json", R"({"a":{"latency":{"value":"fast"}}})"),
           std::pair("gab-custom-json", R"([{"name":"a","unit":"ns","value":null}])"),
           std::pair("nyrkio-json", R"([{"timestamp":1,"metrics":[{"name":"a","value":[]}]}])"),
           std::pair("custom-csv", "test_name,metric_name,unit,value\na,mean,ns,fast\n"),
           std::pair("hyperfine", "command,mean,stddev,median\na,fast,,\n"),
       }) {
    const auto parsed = read(format, text);
    ASSERT_FALSE(parsed) << format;
    EXPECT_THAT(parsed.error().message, HasSubstr("number")) << format;
    EXPECT_THAT(parsed.error().message, HasSubstr("f:")) << format;
  }
}

TEST(ResultFiles, OfAHistoryTheNewestRunCounts) {
  const auto parsed = read("nyrkio-json", R"([
      {"timestamp":9,"metrics":[{"name":"a","unit":"ms","value":2}]},
      {"timestamp":5,"metrics":[{"name":"a","unit":"ms","value":1}]}])");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->readings[0].value, 2e6);
}

}  // namespace suites_test
}  // namespace melisai::formats
