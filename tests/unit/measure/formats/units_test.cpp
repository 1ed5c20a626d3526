#include "core/measure/formats/units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace melisai::formats {
namespace units_test {

std::string show(const std::optional<Unit>& unit) {
  if (!unit) return "unknown";
  return std::to_string(unit->factor).substr(0, 14) + " " + std::string(unit->canonical);
}

void expect_unit(std::string_view text, double factor, std::string_view canonical, Better better) {
  const auto unit = unit_from(text);
  ASSERT_TRUE(unit) << text;
  EXPECT_DOUBLE_EQ(unit->factor, factor) << text;
  EXPECT_EQ(unit->canonical, canonical) << text;
  EXPECT_EQ(unit->better, better) << text;
}

TEST(Units, OfTimesAreNanoseconds) {
  for (const std::string_view us : {"us", "\xC2\xB5s", "\xCE\xBCs", " usec ", "us/op",
                                    "\xC2\xB5s/iter", "us per op", "microseconds", "1000 ns"})
    expect_unit(us, 1e3, "ns", Better::lower);
  expect_unit("ps", 1e-3, "ns", Better::lower);
  expect_unit("ms/op", 1e6, "ns", Better::lower);
  expect_unit("s", 1e9, "ns", Better::lower);
  expect_unit("m", 60e9, "ns", Better::lower);
  expect_unit("hours", 3600e9, "ns", Better::lower);
}

TEST(Units, OfSizesAreBytes) {
  expect_unit("B/op", 1, "B", Better::lower);
  expect_unit("KiB", 1024, "B", Better::lower);
  expect_unit("kB", 1000, "B", Better::lower);
  expect_unit("MB", 1e6, "B", Better::lower);
  expect_unit("K", 1024, "B", Better::lower);
  expect_unit("kbytes", 1024, "B", Better::lower);
}

TEST(Units, OfRatesArePerSecond) {
  expect_unit("MB/s", 1e6, "B/s", Better::higher);
  expect_unit("MiB/sec", 1 << 20, "B/s", Better::higher);
  expect_unit("Mbits/sec", 125e3, "B/s", Better::higher);
  expect_unit("ops/s", 1, "1/s", Better::higher);
  expect_unit("ops per second", 1, "1/s", Better::higher);
  expect_unit("ops/ms", 1e3, "1/s", Better::higher);
  expect_unit("Melem/s", 1e6, "1/s", Better::higher);
  expect_unit("K/s", 1e3, "1/s", Better::higher);
  expect_unit("1/s", 1, "1/s", Better::higher);
  expect_unit("/s", 1, "1/s", Better::higher);
  expect_unit("req/min", 1. / 60, "1/s", Better::higher);
  expect_unit("rps", 1, "1/s", Better::higher);
}

TEST(Units, OfCountsAndSharesSayNothingAboutBetter) {
  expect_unit("allocs/op", 1, "count", Better::unknown);
  expect_unit("cycles", 1, "count", Better::unknown);
  expect_unit("%", 0.01, "ratio", Better::unknown);
}

TEST(Units, ThatAreNotKnownAreNotGuessed) {
  for (const std::string_view text : {"", "parsec", "ns/parsec", "m/s", "/", "s/", "0 ns",
                                      "1e300 s", "Ms", "ns ns", "1 2 ns", "\xC2\xB5"})
    EXPECT_EQ(show(unit_from(text)), "unknown") << text;
  std::string long_text;
  for (int i = 0; i < 500'000; ++i) long_text += "\xC2\xB5";
  EXPECT_FALSE(unit_from(long_text));
}

TEST(Numbers, AreAllOfTheText) {
  EXPECT_EQ(number_from(" 12.5\t"), 12.5);
  EXPECT_EQ(number_from("+3e2"), 300);
  EXPECT_EQ(number_from("-.5"), -.5);
  EXPECT_EQ(number_from("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*number_from("NaN")));
  for (const std::string_view bad :
       {"", " ", "+", "-", "++1", "+-1", "1 2", "0x10", "1,5", "1_0", "12ns", "1e"})
    EXPECT_EQ(number_from(bad), std::nullopt) << bad;
}

TEST(Numbers, ThatADoubleCannotHoldAreRefusedWhenLargeAndZeroWhenSmall) {
  for (const std::string_view large :
       {"1e999", "-1e309", "0.001e400", "1e99999999999999999999", "100000e305"})
    EXPECT_EQ(number_from(large), std::nullopt) << large;
  for (const std::string_view small :
       {"1e-999", "-1e-400", "1000e-400", "0.0001e-330", "1e-99999999999999999999"})
    EXPECT_EQ(number_from(small), 0) << small;
  EXPECT_EQ(number_from("0e999"), 0);
}

TEST(LooseNumbers, AreReadAsPeoplePrintThem) {
  for (const bool commas_group : {false, true}) {
    const auto read = [&](std::string_view text) { return loose_number_from(text, commas_group); };
    for (const std::string_view text :
         {"1,234,567.5", "1.234.567,5", "1 234 567,5", "1_234_567.5", "1'234'567.5",
          "1\xC2\xA0"
          "234\xC2\xA0"
          "567,5",
          "1\xE2\x80\xAF"
          "234\xE2\x80\xAF"
          "567,5",
          "12,34,567.5"})
      EXPECT_EQ(read(text), 1234567.5) << text;
    EXPECT_EQ(read("1.234"), 1.234) << "one dot never groups";
    EXPECT_EQ(read("1.234.567"), 1234567);
    EXPECT_EQ(read("12,5"), 12.5);
    EXPECT_EQ(read("-1,5e3"), -1500);
    EXPECT_EQ(read("+1 234"), 1234);
    EXPECT_EQ(read("12345,678"), 12345.678) << "no group has five digits";
    EXPECT_EQ(read("0,123"), 0.123) << "no group begins with 0";
    EXPECT_EQ(read("1 234,567"), 1234.567);
    EXPECT_EQ(read("inf"), std::numeric_limits<double>::infinity());
  }
  EXPECT_EQ(loose_number_from("1,234", true), 1234);
  EXPECT_EQ(loose_number_from("1,234", false), 1.234);
}

TEST(LooseNumbers, AreNoListsDatesOrVersions) {
  for (const std::string_view bad :
       {"1.2.3", "1,2,3", "12 5", "1 2 3", "1__000", "2026-04-12", "10:15", ",", ".", "1.234,567,8",
        "1,234.567.8", "1 234 ns", "e5", ""})
    for (const bool commas_group : {false, true})
      EXPECT_EQ(loose_number_from(bad, commas_group), std::nullopt) << bad;
}

TEST(Quantities, AreANumberAndItsUnit) {
  const auto value = [](std::string_view text) {
    const auto quantity = quantity_from(text);
    return quantity ? quantity->value : -1;
  };
  EXPECT_DOUBLE_EQ(value("205.95 ns"), 205.95);
  EXPECT_DOUBLE_EQ(value("1.5\xC2\xB5s"), 1500);
  EXPECT_DOUBLE_EQ(value("+2.1ms"), 2.1e6);
  EXPECT_DOUBLE_EQ(value("1,234.5 ns"), 1234.5);
  EXPECT_DOUBLE_EQ(value("1 234,5 ns"), 1234.5);
  EXPECT_DOUBLE_EQ(value("1 234 ns"), 1234) << "not 1 of \"234 ns\"";
  EXPECT_DOUBLE_EQ(value("12MiB/s"), 12 << 20);
  EXPECT_DOUBLE_EQ(value("1.000G ops/s"), 1e9);
  EXPECT_DOUBLE_EQ(value("12.5 1/s"), 12.5);
  EXPECT_DOUBLE_EQ(value("3e2 us"), 3e5);
  for (const std::string_view bad :
       {"", "ns", "12", "12 parsec", "1 23 ns", "1.2.3 ns", "nanoseconds", "1e999 s"})
    EXPECT_EQ(value(bad), -1) << bad;
}

}  // namespace units_test
}  // namespace melisai::formats
