// The small readers that text formats share.
#include <gtest/gtest.h>

#include <cmath>

#include "core/measure/formats/cells.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/sections.h"

namespace melisai::formats {
namespace text_parts_test {

TEST(WithoutLogTime, TakesOffOnlyTheTimeOfACiLog) {
  EXPECT_EQ(without_log_time("2026-04-12T22:06:46.4828380Z PASS"), "PASS");
  EXPECT_EQ(without_log_time("2026-04-12T22:06:46.4828380Z"), "");
  EXPECT_EQ(without_log_time("2026-04-12T22:06:46.4828380Z   indented"), "  indented");
  for (const char* other : {"2026-04-12T22:06:46.4828380Z,7,GET", "2026-04-12T22:06:46Z PASS",
                            "2026-04-12 22:06:46.4828380Z PASS", "2026-04-12T22:06:46.48283"})
    EXPECT_EQ(without_log_time(other), other);
}

TEST(HeadingOf, TakesTheTitleWithoutItsNote) {
  EXPECT_EQ(heading_of("=== sort (bash builtin time) ==="), "sort");
  EXPECT_EQ(heading_of("== sort =="), "sort");
  EXPECT_EQ(heading_of("=== end sort ==="), "");
  EXPECT_EQ(heading_of("========"), "");
  for (const char* other : {"==12== Command: a ==", "=== open", "a == b", ""})
    EXPECT_FALSE(heading_of(other)) << other;
}

TEST(SnakeCase, MakesOneWordOfAnyName) {
  EXPECT_EQ(snake_case("cache-misses:u"), "cache_misses_u");
  EXPECT_EQ(snake_case("I   Refs (total)"), "i_refs_total");
  EXPECT_EQ(snake_case("%"), "");
}

TEST(DurationFrom, AddsTheParts) {
  EXPECT_EQ(duration_from("1m2.5s"), 62.5e9);
  EXPECT_EQ(duration_from("250us"), 250e3);
  EXPECT_EQ(duration_from("1h0m1s"), 3601e9);
  EXPECT_EQ(duration_from("0"), 0);
  for (const char* other : {"", "-nan", "5", "5kB", "s", "1m2", "-5s"})
    EXPECT_FALSE(duration_from(other)) << other;
}

TEST(ClockFrom, ReadsHoursMinutesAndSeconds) {
  EXPECT_EQ(clock_from("0:02.15"), 2.15e9);
  EXPECT_EQ(clock_from("1:02:03"), 3723e9);
  EXPECT_EQ(clock_from("2,5"), 2.5e9);
  for (const char* other : {"", ":", "1:-2", "1:x"}) EXPECT_FALSE(clock_from(other)) << other;
}

TEST(CountFrom, HoldsWhateverATableSays) {
  EXPECT_EQ(count_from(250), 250u);
  for (const double none : {0.0, -5.0, std::nan("")}) EXPECT_EQ(count_from(none), 1u);
  EXPECT_EQ(count_from(1e300), 1'000'000'000'000'000u);
}

TEST(LatencyPercentile, NamesWithoutTrailingZeros) {
  EXPECT_EQ(latency_percentile("99.900").name, "latency_p99_9");
  EXPECT_EQ(latency_percentile("50.000").name, "latency_p50");
  EXPECT_EQ(latency_percentile("100").name, "latency_p100");
}

TEST(CellsOf, ReadsAnyBarAndNeedsTwo) {
  using Cells = std::vector<std::string_view>;
  EXPECT_EQ(cells_of("| a |  | 'b c' |"), (Cells{"a", "", "b c"}));
  EXPECT_EQ(cells_of("│ a │ b │"), (Cells{"a", "b"}));
  EXPECT_TRUE(cells_of("| a").empty());
  EXPECT_TRUE(cells_of("|").empty());
  EXPECT_TRUE(cells_of("").empty());
}

}  // namespace text_parts_test
}  // namespace melisai::formats
