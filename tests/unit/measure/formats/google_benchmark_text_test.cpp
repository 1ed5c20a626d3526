#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/measure/formats/formats.h"
#include "tests/unit/measure/formats/find_reading.h"

namespace melisai::formats {
namespace google_benchmark_text_test {

using ::testing::HasSubstr;

const std::string kHead = "Benchmark   Time   CPU   Iterations UserCounters...\n";
const std::string kCsvHead =
    "name,iterations,real_time,cpu_time,time_unit,bytes_per_second,items_per_second,label,"
    "error_occurred,error_message\n";

Result<Readings> read(const std::string& text) { return read_as("google-benchmark", text); }

TEST(GoogleBenchmarkText, KnowsAggregatesByTheirCompanyNotByTheirNameAlone) {
  const auto parsed = read(kHead +
                           "BM_geo_mean     3 ns   3 ns   100\n"
                           "BM_A            8 ns   8 ns   100\n"
                           "BM_A            6 ns   6 ns   100\n"
                           "BM_A_mean       7 ns   7 ns     2\n"
                           "BM_A_median     7 ns   7 ns     2\n"
                           "BM_A_stddev     1 ns   1 ns     2\n"
                           "BM_A_cv     14.2 % 14.2 %     2\n"
                           "BM_A_worst      8 ns   8 ns     2\n"
                           "BM_A_fast       5 ns   5 ns   999\n"
                           "BM_A_BigO    1.25 N  0.35 N\n"
                           "BM_A_RMS        4 %    3 %\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(value_in(parsed, "BM_geo_mean"), 3);
  EXPECT_EQ(value_in(parsed, "BM_A"), 7);
  EXPECT_EQ(value_in(parsed, "BM_A_fast"), 5);
  EXPECT_EQ(parsed->readings.size(), 6u) << "wall and CPU time of three benchmarks";
}

TEST(GoogleBenchmarkText, ReadsAbbreviatedCountersInTheirBase) {
  const auto parsed = read(kHead +
                           "BM_A  3 ns  3 ns  100 a b=1.5M bytes_per_second=2G/s k=64Ki s=420u "
                           "t=4.5ms a label\n"
                           "BM_B  3 ns  3 ns  100  1.5kB/s  3M items/s\n");
  EXPECT_EQ(value_in(parsed, "BM_A", "a b"), 1.5e6);
  EXPECT_EQ(value_in(parsed, "BM_A", "bytes_per_second"), 2147483648);
  EXPECT_EQ(value_in(parsed, "BM_A", "k"), 65536);
  EXPECT_DOUBLE_EQ(value_in(parsed, "BM_A", "s"), 420e-6);
  EXPECT_DOUBLE_EQ(value_in(parsed, "BM_A", "t"), 4.5e-3);
  EXPECT_EQ(value_in(parsed, "BM_B", "bytes_per_second"), 1536);
  EXPECT_EQ(value_in(parsed, "BM_B", "items_per_second"), 3145728);
}

TEST(GoogleBenchmarkText, FailsABenchmarkWhoseTimeIsNoNumber) {
  const auto parsed = read(kHead + "BM e A  -nan ns  0.5 ns  100\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(parsed->failed.at("BM e A"), HasSubstr("not a finite number"));
}

TEST(GoogleBenchmarkText, ReadsDecimalCommas) {
  EXPECT_EQ(value_in(read(kHead + "BM_A  2,125 ms  0,5 ms  100\n"), "BM_A"), 2125000);
}

TEST(GoogleBenchmarkText, TakesWhatIsCompleteOfARunThatWasKilled) {
  const auto console = read(kHead + "BM_A  3 ns  3 ns  100\r\nBM_B  4 ns  4 n");
  EXPECT_EQ(value_in(console, "BM_A"), 3);
  EXPECT_EQ(console->readings.size(), 2u);
  const auto csv = read(kCsvHead + "\"BM_A\",100,3,3,ns,,,,,\n\"BM_B\",100,4,4");
  EXPECT_EQ(value_in(csv, "BM_A"), 3);
  EXPECT_EQ(csv->readings.size(), 2u);
}

TEST(GoogleBenchmarkText, RefusesABrokenRowBetweenOthers) {
  const auto parsed = read(kCsvHead + "\"BM_A\",100,3\n\"BM_B\",100,4,4,ns,,,,,\n");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("f:2: the row has 3 fields and the header 10"));
}

TEST(GoogleBenchmarkText, ReportsSkippedBenchmarksAsFailed) {
  const auto parsed =
      read(kHead + "BM_A   SKIPPED: 'no AVX'\nBM_B   ERROR OCCURRED: 'it's full'\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(parsed->failed.at("BM_A"), HasSubstr("no AVX"));
  EXPECT_THAT(parsed->failed.at("BM_B"), HasSubstr("it's full"));
}

}  // namespace google_benchmark_text_test
}  // namespace melisai::formats
