#include "core/base/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace melisai {
namespace {

using namespace std::chrono_literals;

std::int64_t duration_ms(std::string_view text) {
  const Result<Milliseconds> duration = parse_duration(text);
  return duration ? duration->count() : -1;
}

std::int64_t size_bytes(std::string_view text) {
  const Result<Bytes> bytes = parse_bytes(text);
  return bytes ? static_cast<std::int64_t>(*bytes) : -1;
}

double fraction_of(std::string_view text) {
  const Result<double> fraction = parse_fraction(text);
  return fraction ? *fraction : -1;
}

TEST(Units, ReadsDurations) {
  EXPECT_EQ(duration_ms("250ms"), 250);
  EXPECT_EQ(duration_ms("90s"), 90'000);
  EXPECT_EQ(duration_ms("10m"), 600'000);
  EXPECT_EQ(duration_ms("1h30m"), 5'400'000);
  EXPECT_EQ(duration_ms("1d2h3m4s5ms"), 93'784'005);
  EXPECT_EQ(duration_ms("1.5h"), 5'400'000);
  EXPECT_EQ(duration_ms("90"), 90'000);
  EXPECT_EQ(duration_ms("0.5"), 500);
  EXPECT_EQ(duration_ms("0"), 0);
  EXPECT_EQ(duration_ms("366d"), 366LL * 86'400'000);
}

TEST(Units, RefusesWhatIsNoDuration) {
  for (const char* text :
       {"",    "s",      "-1s",  "+1s",  "1x",    "1 s",   " 1s",
        "1s ", "30m1h",  "1h1h", "1h30", "1e3s",  "0x10s", "inf",
        "nan", "1.2.3s", ".",    "1S",   "10min", "367d",  "9999999999999999999999d",
        "1s\n"})
    EXPECT_EQ(duration_ms(text), -1) << text;
}

TEST(Units, ReadsSizes) {
  EXPECT_EQ(size_bytes("64MiB"), 64 << 20);
  EXPECT_EQ(size_bytes("1.5GiB"), 3LL << 29);
  EXPECT_EQ(size_bytes("4GB"), 4'000'000'000);
  EXPECT_EQ(size_bytes("8kB"), 8000);
  EXPECT_EQ(size_bytes("8KiB"), 8192);
  EXPECT_EQ(size_bytes("2TB"), 2'000'000'000'000);
  EXPECT_EQ(size_bytes("512B"), 512);
  EXPECT_EQ(size_bytes("512"), 512);
  EXPECT_EQ(size_bytes("8192TiB"), 1LL << 53);
}

TEST(Units, RefusesWhatIsNoSize) {
  for (const char* text :
       {"", "MiB", "64M", "64mib", "-1", "1 MiB", "1e9", "8193TiB", "1MiBx", "0x10"})
    EXPECT_EQ(size_bytes(text), -1) << text;
}

TEST(Units, ReadsFractions) {
  EXPECT_DOUBLE_EQ(fraction_of("5%"), 0.05);
  EXPECT_DOUBLE_EQ(fraction_of("0.5%"), 0.005);
  EXPECT_DOUBLE_EQ(fraction_of("0.05"), 0.05);
  EXPECT_DOUBLE_EQ(fraction_of("150%"), 1.5);
  EXPECT_DOUBLE_EQ(fraction_of("1000%"), 10);
  EXPECT_DOUBLE_EQ(fraction_of("0"), 0);
}

TEST(Units, RefusesWhatIsNoFraction) {
  for (const char* text : {"", "%", "5 %", "-5%", "five", "1001%", "5%%", "1e-2", "nan", "inf%"})
    EXPECT_EQ(fraction_of(text), -1) << text;
}

TEST(Units, RefusesABareNumberThatMayBeAPercentage) {
  EXPECT_EQ(parse_fraction("5").error().message, "'5' is ambiguous; write 5% or 0.05");
  EXPECT_EQ(parse_fraction("1").error().message, "'1' is ambiguous; write 1% or 0.01");
  EXPECT_EQ(parse_fraction("2.5").error().message, "'2.5' is ambiguous; write 2.5% or 0.025");
}

TEST(Units, ErrorsShowNoControlCharacters) {
  EXPECT_EQ(parse_duration("\x1b[2J").error().message,
            "'?[2J' is not a duration; write 90s, 10m, 1h30m or 250ms");
  EXPECT_EQ(parse_bytes("\x1b").error().code, Errc::parse);
}

TEST(Units, FormatsDurationsForPeople) {
  EXPECT_EQ(format_duration(0ns), "0 ns");
  EXPECT_EQ(format_duration(999ns), "999 ns");
  EXPECT_EQ(format_duration(1500us), "1.5 ms");
  EXPECT_EQ(format_duration(12345us), "12.3 ms");
  EXPECT_EQ(format_duration(250ms), "250 ms");
  EXPECT_EQ(format_duration(999'960us), "1 s");  // rounding moves it to the next unit
  EXPECT_EQ(format_duration(10s), "10 s");
  EXPECT_EQ(format_duration(59'940ms), "59.9 s");
  EXPECT_EQ(format_duration(59'960ms), "1 min");
  EXPECT_EQ(format_duration(125s), "2 min 5 s");
  EXPECT_EQ(format_duration(10min), "10 min");
  EXPECT_EQ(format_duration(3599s + 600ms), "1 h");
  EXPECT_EQ(format_duration(62min), "1 h 2 min");
  EXPECT_EQ(format_duration(7 * 24h), "7 d");
  EXPECT_EQ(format_duration(-1500us), "-1.5 ms");
}

TEST(Units, FormatsSizes) {
  EXPECT_EQ(format_bytes(100), "100 B");
  EXPECT_EQ(format_bytes(64 << 20), "64 MiB");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes((1 << 20) - 1), "1 MiB");
}

TEST(Units, FormatsQuantitiesWithTheirUnit) {
  EXPECT_EQ(format_quantity(1234567, "ns"), "1.235 ms");
  EXPECT_EQ(format_quantity(12.345, "ns"), "12.35 ns");
  EXPECT_EQ(format_quantity(999, "ns"), "999 ns");
  EXPECT_EQ(format_quantity(999'996, "ns"), "1.000 ms");
  EXPECT_EQ(format_quantity(7.2e12, "ns"), "7200.0 s");
  EXPECT_EQ(format_quantity(2097152, "B"), "2.0 MiB");
  EXPECT_EQ(format_quantity(100, "B"), "100 B");
  EXPECT_EQ(format_quantity(1234567, "count"), "1234567");
  EXPECT_EQ(format_quantity(12.5, "count"), "12.5");
  EXPECT_EQ(format_quantity(1234567, "1/s"), "1.235 M/s");
  EXPECT_EQ(format_quantity(2097152, "B/s"), "2.0 MiB/s");
  EXPECT_EQ(format_quantity(0.91234567, "ratio"), "0.912346");
  EXPECT_EQ(format_quantity(3, "apples"), "3 apples");
  EXPECT_EQ(format_quantity(std::numeric_limits<double>::quiet_NaN(), "ns"), "n/a");
  EXPECT_EQ(format_quantity(std::numeric_limits<double>::infinity(), "B"), "n/a");
}

TEST(Units, FormatsEffectsWithTheirSign) {
  EXPECT_EQ(format_effect(0.0512), "+5.1 %");
  EXPECT_EQ(format_effect(-0.0512), "-5.1 %");
  EXPECT_EQ(format_effect(0.0004), "0.0 %");
  EXPECT_EQ(format_effect(-0.0004), "0.0 %");
  EXPECT_EQ(format_effect(12.5), "+1250.0 %");
  EXPECT_EQ(format_effect(std::numeric_limits<double>::infinity()), "+inf %");
  EXPECT_EQ(format_effect(-std::numeric_limits<double>::infinity()), "-inf %");
  EXPECT_EQ(format_effect(std::numeric_limits<double>::quiet_NaN()), "n/a");
}

}  // namespace
}  // namespace melisai
