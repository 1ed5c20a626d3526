#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/measure/formats/formats.h"

namespace melisai::formats {
namespace pytest_test {

Result<Readings> read(const std::string& text) {
  return read_text(text, "f", {.name = "pytest-benchmark"}, {});
}

std::string document(const std::string& stats) {
  return R"({"benchmarks":[{"fullname":"a.py::b","stats":)" + stats + "}]}";
}

TEST(PytestBenchmark, TakesRawTimesOnlyWhenNoneWasLeftOut) {
  const auto whole = read(document(R"({"data":[1e-6,2e-6,9e-6],"rounds":3,"median":5,"mean":5})"));
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->readings[0].values.size(), 3u);
  EXPECT_DOUBLE_EQ(whole->readings[0].value, 2000);
  const auto cut = read(document(R"({"data":[1e-6,2e-6,"..."],"rounds":40,"median":5e-6})"));
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->readings[0].values.empty());
  EXPECT_DOUBLE_EQ(cut->readings[0].value, 5000);
  EXPECT_EQ(cut->readings[0].n, 40u);
}

TEST(PytestBenchmark, ReadsTablesOfFewColumnsAndNamesWithBlanks) {
  const auto parsed = read(
      "--- benchmark: 2 tests ---\nName (time in ms)   Min   Mean\n---\n"
      "test_a[x y]   1,001.5000 (1.0)   1,250.5000 (>1000.0)\n"
      "test_b (0001_ab)   9 (1.0)   9 (1.0)\n---\n\nLegend:\n  none   3   4\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->readings.size(), 1u);
  EXPECT_EQ(parsed->readings[0].benchmark, "test_a[x y]");
  EXPECT_DOUBLE_EQ(parsed->readings[0].value, 1250.5e6);
}

TEST(PytestBenchmark, FilterNamesFileClassAndTest) {
  EXPECT_EQ(filter_for("pytest-benchmark",
                       {"tests/test_a.py::TestB::test_c[1-2]", "test_d.py::test_e[x y]"}),
            "test_a.py and TestB and test_c[1-2] or test_d.py and test_e[x");
}

}  // namespace pytest_test
}  // namespace melisai::formats
