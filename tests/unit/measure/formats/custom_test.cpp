#include "core/measure/formats/custom.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/report.h"

namespace melisai::formats {
namespace custom_test {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// "name metric unit better value; ..." or the error's message.
std::string read(std::string_view text, const FormatSpec& spec) {
  const auto readings = read_text(text, "f", spec, {});
  if (!readings) return readings.error().message;
  std::string all;
  for (const Reading& reading : readings->readings) {
    std::array<char, 32> value{};
    std::snprintf(value.data(), value.size(), "%.10g", reading.value);
    all += reading.benchmark + " " + reading.metric.name + " " + reading.metric.unit + " " +
           std::string(to_string(reading.metric.better)) + " " + value.data() + "; ";
  }
  return all;
}

std::string read_json_by(const JsonLayout& layout, std::string_view text) {
  return read(text, {.name = {}, .json = layout, .regex = {}});
}

std::string read_lines_by(const RegexLayout& layout, std::string_view text) {
  return read(text, {.name = {}, .json = {}, .regex = layout});
}

TEST(JsonLayout, NamesItemsByAPathOrByTheirPlace) {
  EXPECT_EQ(
      read_json_by({"$.r[*]", "$.n", "$.t.mean", "ms"}, R"({"r":[{"n":"a","t":{"mean":2}}]})"),
      "a wall_time ns lower 2000000; ");
  EXPECT_EQ(read_json_by({"$.*.*", "", "$.v", "ops/s"}, R"({"g":{"a":{"v":3},"b":{"v":"4.5"}}})"),
            "g/a throughput 1/s higher 3; g/b throughput 1/s higher 4.5; ");
  EXPECT_EQ(
      read_json_by({"$[*]", "$.size", "$.v", ""}, R"([{"size":1024,"v":1},{"size":0.5,"v":2}])"),
      "1024 value count unknown 1; 0.5 value count unknown 2; ");
  EXPECT_EQ(read_json_by({"$.*", "", "$", "s", "setup", Better::higher}, R"({"a":1})"),
            "a setup ns higher 1000000000; ");
}

TEST(JsonLayout, SaysWhichItemLacksWhat) {
  const JsonLayout layout{"$.r[*]", "$.n", "$.v", "ns"};
  EXPECT_THAT(read_json_by(layout, "{\"r\":[\n{\"n\":\"a\"}]}"),
              HasSubstr("f:2:9: item 'a' has no number at '$.v'"));
  EXPECT_THAT(read_json_by(layout, R"({"r":[{"n":null,"v":1}]})"), HasSubstr("no name at '$.n'"));
  EXPECT_THAT(read_json_by(layout, R"({"r":[{"n":{},"v":1}]})"), HasSubstr("no name at '$.n'"));
  EXPECT_THAT(read_json_by(layout, "{\"r\":[]}"), HasSubstr("f: nothing is at '$.r[*]'"));
}

TEST(JsonLayout, IsRefusedBeforeAFileIsRead) {
  EXPECT_THAT(problem_of_json({"r", "", "$", ""}), HasSubstr("must begin with $"));
  EXPECT_THAT(problem_of_json({"$", "$.", "$", ""}), HasSubstr("at character 2"));
  EXPECT_THAT(problem_of_json({"$", "", "", ""}), HasSubstr("must begin with $"));
  EXPECT_THAT(problem_of_json({"$", "", "$", "parsec"}),
              HasSubstr("the unit 'parsec' is not known"));
  EXPECT_EQ(problem_of_json({"$", "", "$", "%"}), "");
}

constexpr const char* kWithUnit = R"(^(?P<name>\S+): (?P<value>[\d.,]+) ?(?P<unit>\S+))";

TEST(RegexLayout, TakesTheLinesThatMatch) {
  EXPECT_EQ(
      read_lines_by({kWithUnit, "", "", {}},
                    "log\r\n\x1B[1mcopy\x1B[m: 1,234.5 us\r\nsize: 2KiB\nrate: 3 MB/s\nlog\n"),
      "copy wall_time ns lower 1234500; size value B lower 2048; rate throughput B/s higher "
      "3000000; ");
  EXPECT_EQ(read_lines_by({R"((?P<name>\w+)=(?P<value>.+))", "ms", "", {}}, "a=12,5\na=13,5"),
            "a wall_time ns lower 13000000; ");
  EXPECT_EQ(read_lines_by({R"((?P<name>\w+)=(?P<value>\d+))", "", "score", Better::higher}, "a=5"),
            "a score count higher 5; ");
}

TEST(RegexLayout, NamesTheLineThatItCannotRead) {
  EXPECT_THAT(read_lines_by({kWithUnit, "", "", {}}, "a: 1 ns\nb: 1 parsec"),
              HasSubstr("f:2: the unit 'parsec' is not known"));
  EXPECT_THAT(read_lines_by({kWithUnit, "", "", {}}, "a: 1.2.3 ns"),
              HasSubstr("f:1: the value is '1.2.3', not a number"));
  EXPECT_THAT(read_lines_by({kWithUnit, "", "x", {}}, "a: 1 ns\na: 1 B"),
              HasSubstr("f:2: benchmark 'a' gives 'x' in two units"));
  EXPECT_THAT(read_lines_by({R"((?P<name>\w*)=(?P<value>\d+))", "ns", "", {}}, "=1"),
              HasSubstr("f:1: a benchmark or a metric has no name"));
  EXPECT_THAT(read_lines_by({R"((?P<name>a)(?P<value>1)?)", "ns", "", {}}, "a"),
              HasSubstr("f:1: the value is '', not a number"));
  EXPECT_THAT(read_lines_by({kWithUnit, "", "", {}}, "nothing\n"),
              HasSubstr("no benchmark is in it"));
}

TEST(RegexLayout, RefusesCommasThatMayMeanEither) {
  const RegexLayout layout{R"((?P<name>\w+)=(?P<value>.+))", "ms", "", {}};
  EXPECT_EQ(read_lines_by(layout, "a=7,513"), "a wall_time ns lower 7513000000; ");
  EXPECT_EQ(read_lines_by(layout, "a=7,513\nb=1,234.5\nc=1,234,567\nd=2.5"),
            "a wall_time ns lower 7513000000; b wall_time ns lower 1234500000; "
            "c wall_time ns lower 1.234567e+12; d wall_time ns lower 2500000; ");
  for (const char* text : {"a=1,5\nb=7,513", "b=7,513\na=1,5"})
    EXPECT_THAT(read_lines_by(layout, text),
                AllOf(HasSubstr("f:2: the comma in "), HasSubstr("with a point")));
}

TEST(RegexLayout, IsRefusedBeforeAFileIsRead) {
  EXPECT_THAT(problem_of_regex({"a(?P<value>[z-a])", "", "", {}}),
              HasSubstr("wrong at character 13: invalid character class range: z-a"));
  EXPECT_THAT(problem_of_regex({"(?P<name>x)(", "", "", {}}), HasSubstr("missing )"));
  EXPECT_THAT(problem_of_regex({"(?P<name>x)", "", "", {}}),
              HasSubstr("lacks the group (?P<value>"));
  EXPECT_THAT(problem_of_regex({"(?P<value>x)", "", "", {}}),
              HasSubstr("lacks the group (?P<name>"));
  EXPECT_THAT(problem_of_regex({"(?P<name>x)(?P<value>1)", "parsec", "", {}}),
              HasSubstr("'parsec'"));
  EXPECT_THAT(problem_of_regex({std::string(300'000, '('), "", "", {}}), HasSubstr("wrong"));
  EXPECT_EQ(problem_of_regex({kWithUnit, "", "", {}}), "");
}

}  // namespace custom_test
}  // namespace melisai::formats
