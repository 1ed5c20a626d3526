#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/measure/formats/gab.h"

namespace melisai::formats {
namespace gab_history_test {

using ::testing::HasSubstr;

std::string entry(const std::string& commit, int date, const std::string& tool,
                  const std::string& bench) {
  return R"({"commit":{"id":")" + commit + R"(","timestamp":"t"},"date":)" + std::to_string(date) +
         R"(,"tool":")" + tool + R"(","benches":[)" + bench + "]}";
}

std::string data_js(const std::string& suites) {
  return "window.BENCHMARK_DATA = {\"repoUrl\": \"r\", \"entries\": {" + suites + "}}\n";
}

const std::string kBench = R"({"name":"a","value":1,"unit":"us/iter"})";

TEST(GabHistory, HandsOutEntriesSuiteBySuiteWithTheirCommits) {
  const std::string text = data_js(
      "\"one\":[" + entry("c1", 5, "cargo", kBench) + "," + entry("c2", 7, "cargo", "") + "," +
      entry("c3", 9, "cargo", kBench) + "],\"two\":[" +
      entry("c1", 5, "customBiggerIsBetter", R"({"name":"b","value":2,"unit":"points"})") + "]");
  Input input(text, "f");
  std::vector<GabEntry> entries;
  const auto read = read_gab_history(input, {}, [&](GabEntry& entry) -> Result<void> {
    entries.push_back(entry);
    return {};
  });
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1].suite + entries[1].commit + entries[1].commit_time, "onec3t");
  EXPECT_EQ(entries[1].date_ms, 9);
  EXPECT_EQ(entries[1].readings.readings[0].value, 1000);
  EXPECT_EQ(entries[2].readings.readings[0].metric,
            (Metric{"value", "count", Better::higher, Tier::time}));
}

TEST(GabHistory, ReadsTheNewestEntryOfEachSuiteWhateverTheOrder) {
  std::string entries = entry("new", 9, "go", R"({"name":"a","value":9,"unit":"ns/op"})");
  // More than one chunk of a file.
  for (int i = 0; i < 3000; ++i) entries += "," + entry("old", 1, "go", kBench);
  const auto parsed = read_text(data_js("\"s\":[" + entries + "]"), "f", {.name = "auto"}, {});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->format, "gab-history");
  ASSERT_EQ(parsed->readings.size(), 1u);
  EXPECT_EQ(parsed->readings[0].benchmark, "s/a");
  EXPECT_EQ(parsed->readings[0].value, 9);
}

TEST(GabHistory, SaysWhatIsMissing) {
  for (const char* text : {"window.BENCHMARK_DATA = ", "window.BENCHMARK_DATA = {\"entries\": {",
                           "window.BENCHMARK_DATA = {\"entries\": {\"s\": [{}]}}"}) {
    const auto parsed = read_text(text, "f", {.name = "gab-history"}, {});
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr("f:1"));
  }
}

}  // namespace gab_history_test
}  // namespace melisai::formats
