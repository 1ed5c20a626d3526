#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/measure/formats/formats.h"

namespace melisai::formats {
namespace go_test {

using ::testing::HasSubstr;

Result<Readings> read(const std::string& text) { return read_text(text, "f", {.name = "go"}, {}); }

const Reading* find(const Readings& readings, const std::string& benchmark,
                    const std::string& metric) {
  for (const Reading& reading : readings.readings)
    if (reading.benchmark == benchmark && reading.metric.name == metric) return &reading;
  return nullptr;
}

double time_of(const Readings& readings, const std::string& benchmark) {
  const Reading* const reading = find(readings, benchmark, "wall_time");
  return reading == nullptr ? -1 : reading->value;
}

std::string event(const std::string& package, const std::string& output) {
  return R"({"Action":"output","Package":")" + package + R"(","Output":")" + output + "\"}\n";
}

TEST(GoBenchmarks, JoinsOutputThatComesInPartsAndFromPackagesAtOnce) {
  const auto parsed = read(event("a", R"(BenchmarkSum-2 \t)") + event("b", R"(BenchmarkSum-2 \t)") +
                           event("a", R"( 10\t 5 ns/op\n)") + event("b", R"( 10\t 7 ns/op\n)"));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(time_of(*parsed, "a/BenchmarkSum-2"), 5);
  EXPECT_EQ(time_of(*parsed, "b/BenchmarkSum-2"), 7);
}

TEST(GoBenchmarks, PutsNoBenchmarkIntoAPackageThatHasEnded) {
  const auto parsed = read(
      "pkg: a\nBenchmarkSum-2 10 5 ns/op\nPASS\nok  \ta\t1.2s\n"
      "BenchmarkOther-2 10 7 ns/op\nPASS\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(time_of(*parsed, "a/BenchmarkSum-2"), 5);
  EXPECT_EQ(time_of(*parsed, "BenchmarkOther-2"), 7);
}

TEST(GoBenchmarks, SaysWhereAnEventIsCut) {
  const auto parsed =
      read(event("a", R"(BenchmarkSum 1 5 ns/op\n)") + R"({"Action":"output","Package":"a","Outp)");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("f:2: an event"));
}

TEST(GoBenchmarks, TakesTheDirectionOfAUnitFromItsUnitLineAndElseFromTheUnit) {
  const auto parsed = read(
      "Unit quality better=higher\n"
      "BenchmarkSum 10 5 ns/op 7 quality 8 p99-ns 9 depth 12 MB/s\n");
  ASSERT_TRUE(parsed);
  const auto metric = [&](const char* name) { return find(*parsed, "BenchmarkSum", name)->metric; };
  EXPECT_EQ(metric("quality").better, Better::higher);
  EXPECT_EQ(metric("p99_ns"), (Metric{"p99_ns", "ns", Better::lower, Tier::explain}));
  EXPECT_EQ(metric("depth").better, Better::unknown);
  EXPECT_EQ(metric("throughput"), (Metric{"throughput", "B/s", Better::higher, Tier::time}));
}

TEST(GoBenchmarks, KeepsConfigurationsApartButNotByTheMachineOrByChatter) {
  const auto parsed = read(
      "goos: linux\ncommit: aaaa\nBenchmarkSum 10 5 ns/op\nlevel: loud\n"
      "BenchmarkSum 10 5 ns/op\n\ngoos: darwin\ncpu: other\ncommit: bbbb\n"
      "BenchmarkSum 10 9 ns/op\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(find(*parsed, "BenchmarkSum", "wall_time")->n, 2u);
  EXPECT_EQ(time_of(*parsed, "BenchmarkSum commit:bbbb"), 9);
}

TEST(GoBenchmarks, FindsTheResultBehindWhatTheBenchmarkPrinted) {
  const auto parsed = read(
      "BenchmarkLoud-2 \tstarting\n2 of 3 done\n    1000\t 33 ns/op\t 4 B/op\r\n"
      "BenchmarkQuiet-2 \t 10\t 5 ns/op\r\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(time_of(*parsed, "BenchmarkLoud-2"), 33);
  EXPECT_EQ(time_of(*parsed, "BenchmarkQuiet-2"), 5);
}

TEST(GoBenchmarks, FailsTheBenchmarkInWhichTheProcessEnded) {
  const auto parsed =
      read("BenchmarkSum 10 5 ns/op\nBenchmarkCrash-2 \tgoing\npanic: no luck\nFAIL\ta 1s\n");
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->failed.at("BenchmarkCrash-2"), HasSubstr("no luck"));
  EXPECT_EQ(parsed->failed.size(), 1u);
}

TEST(GoBenchmarks, FilterMatchesEachLevelAndAnyNumberOfProcessors) {
  EXPECT_EQ(filter_for("go", {"example.org/a.b/BenchmarkGrow/size=1.6-2", "BenchmarkSum note:x"}),
            R"(^(BenchmarkGrow)$/^(size=1\.6)(-2)?$|^(BenchmarkSum)$)");
}

}  // namespace go_test
}  // namespace melisai::formats
