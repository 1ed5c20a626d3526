#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/measure/formats/formats.h"
#include "tests/unit/measure/formats/find_reading.h"

namespace melisai::formats {
namespace gungraun_test {

using ::testing::HasSubstr;

TEST(Gungraun, TakesACountOnceThoughTwoToolsGiveIt) {
  const auto parsed = read_as("gungraun",
                              "a::b::c\n"
                              "  ======= CALLGRIND ====\n"
                              "  Instructions:   100|N/A (*)\n"
                              "  ======= CACHEGRIND ====\n"
                              "  Instructions:   900|N/A (*)\n");
  EXPECT_EQ(value_in(parsed, "a::b::c", "instructions"), 100);
}

TEST(Gungraun, RefusesJsonThatEndsWithinABenchmark) {
  const auto parsed = read_as("gungraun", "running 0 tests\n{\n  \"module_path\": \"a::b\",\n");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("the JSON object that starts in line 2"));
}

TEST(Gungraun, RefusesAnObjectThatIsNestedTooDeeply) {
  std::string text = R"({"module_path": "a::b", "profiles": )";
  for (int i = 0; i < 100; ++i) text += R"({"x":)";
  const auto parsed = read_as("gungraun", text + "1" + std::string(101, '}') + "\n");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::limit);
  EXPECT_THAT(parsed.error().message, HasSubstr("f:1: the object:1:"));
}

TEST(Gungraun, SurvivesHostileBraces) {
  std::string text = "{ \"module_path\": {\n";
  for (int i = 0; i < 200'000; ++i) text += "{ }\n";
  EXPECT_FALSE(read_as("gungraun", text));
  EXPECT_FALSE(read_as("gungraun", "\"module_path\":\n" + std::string(1000, '{') + "\n}}\n"));
}

}  // namespace gungraun_test
}  // namespace melisai::formats
