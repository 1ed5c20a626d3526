#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/measure/formats/catch2_names.h"
#include "core/measure/formats/formats.h"
#include "tests/unit/measure/formats/find_reading.h"

namespace melisai::formats {
namespace catch2_test {

using ::testing::ElementsAre;

const std::string kRule(79, '-');
const std::string kTable = "benchmark name    samples   iterations   estimated\n" + kRule + "\n";

Result<Readings> read(const std::string& text) { return read_as("catch2", text); }

TEST(Catch2, TakesNothingForANameThatABenchmarkPrinted) {
  const auto parsed = read(kRule + "\nT\n" + kRule + "\nt.cpp:1\n\n" + kTable +
                           "printed\n"
                           "name             10    2    3 ms \n"
                           "                 5 ns    4 ns    6 ns \n"
                           "                 1 ns    1 ns    1 ns \n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 1u);
  EXPECT_EQ(parsed->readings[0].benchmark, "T/name");
  EXPECT_EQ(parsed->readings[0].value, 5);
}

TEST(Catch2, KeepsABenchmarkWhoseTableBreaksOffBehindTheMean) {
  const auto parsed = read(kTable + "a  10  2  3 ms \n  5 us  4 us  6 us \nb  10  2  3 ms \n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 1u);
  EXPECT_EQ(parsed->readings[0].value, 5000);
}

TEST(Catch2, TellsTheRestOfANameFromASection) {
  const std::string full = std::string(70, 'x') + " yyyy";
  EXPECT_THAT(catch2_header_names({full, "zzzzz", "  section", "  other"}, 79),
              ElementsAre(full + " zzzzz", "section", "other"));
  EXPECT_THAT(catch2_header_names({"  " + full, "  zzzzz"}, 79), ElementsAre(full + " zzzzz"));
  EXPECT_THAT(catch2_header_names({std::string(75, 'x'), "  section"}, 79),
              ElementsAre(std::string(75, 'x'), "section"));
}

TEST(Catch2, FilterSelectsTestCasesByTheirStartWithEverythingSpecialEscaped) {
  EXPECT_EQ(filter_for("catch2", {"Sums/short", "Sums/long", "a, [b]/c"}), R"(Sums*,a\, \[b\]*)");
}

}  // namespace catch2_test
}  // namespace melisai::formats
