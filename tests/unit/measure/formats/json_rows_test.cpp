#include "core/measure/formats/json_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace melisai::formats {
namespace json_rows_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// "a/b=VALUE" of every row at `path`, or the error's message; the same for every way to cut.
std::vector<std::string> rows_at(const std::string& path, std::string_view text,
                                 const Limits& limits = {}) {
  std::vector<std::string> first;
  for (std::size_t chunk = text.size() + 1; chunk >= 1; --chunk) {
    Input input(text, "f", chunk);
    std::vector<std::string> rows;
    const auto result =
        read_rows(input, limits, *JsonPath::parse(path), [&](const JsonRow& row) -> Result<void> {
          std::string at;
          for (const std::string& part : row.at) at += part + "/";
          rows.push_back(at + "=" + row.value.dump());
          return {};
        });
    if (result)
      EXPECT_EQ(*result, rows.size());
    else
      rows = {result.error().message};
    if (chunk == text.size() + 1) first = rows;
    EXPECT_EQ(rows, first) << chunk;
  }
  return first;
}

constexpr std::string_view kDocument =
    R"({"meta": {"list": [9]}, "list": [{"n": "a", "v": [1, 2]}, 7, []],
        "by": {"x": {"t": 1}, "y": {"t": 2}}})";

TEST(JsonRows, AreTheValuesAtThePath) {
  EXPECT_THAT(rows_at("$.list[*]", kDocument),
              ElementsAre(R"(0/={"n":"a","v":[1.0,2.0]})", "1/=7.0", "2/=[]"));
  EXPECT_THAT(rows_at("$.list[0].v[*]", kDocument), ElementsAre("0/=1.0", "1/=2.0"));
  EXPECT_THAT(rows_at("$.list[1]", kDocument), ElementsAre("=7.0"));
  EXPECT_THAT(rows_at("$.by.*.t", kDocument), ElementsAre("x/=1.0", "y/=2.0"));
  EXPECT_THAT(rows_at("$[*].x", kDocument), ElementsAre(R"(by/={"t":1.0})"));
  EXPECT_THAT(rows_at("$", "[1,{}]"), ElementsAre("=[1.0,{}]"));
  EXPECT_THAT(rows_at("$.none[*]", kDocument), ElementsAre());
  EXPECT_THAT(rows_at("$.list.n", kDocument), ElementsAre()) << "a name of an array";
}

TEST(JsonRows, RefuseARowThatIsTooLargeOfWhateverItConsists) {
  const Limits limits{.row_bytes_max = 1'000};
  const auto many = [](const std::string& one, int count = 100) {
    std::string list = one;
    for (int i = 1; i < count; ++i) list += "," + one;
    return list;
  };
  EXPECT_THAT(rows_at("$[*]", "[[" + many("1") + "]]", limits),
              ElementsAre(HasSubstr("larger than 1000 B")));
  EXPECT_THAT(rows_at("$[*]", "[{" + many("\"\":1", 30) + "}]", limits),
              ElementsAre(HasSubstr("larger than 1000 B")));
  EXPECT_THAT(rows_at("$[*]", "[\"" + std::string(2'000, 'x') + "\"]", limits),
              ElementsAre(HasSubstr("larger than 1000 B")));
  EXPECT_EQ(rows_at("$[*]", "[" + many("[1]") + "]", limits).size(), 100u) << "each is small";
}

TEST(JsonRows, GiveTheirErrorsThePlace) {
  Input input("[1,\n2]", "f");
  const auto result =
      read_rows(input, {}, *JsonPath::parse("$[*]"), [](const JsonRow& row) -> Result<void> {
        if (row.value == 2) return Error{Errc::parse, "two"};
        return {};
      });
  EXPECT_EQ(result.error().message, "f:2:1: two");
}

TEST(JsonRows, AreAskedForWhatTheyMayNotHold) {
  const auto row =
      nlohmann::json::parse(R"({"n": 1.5, "s": "2.5", "x": "a", "z": null, "l": [1, "2", 3]})");
  EXPECT_EQ(number_at(row, "n"), 1.5);
  EXPECT_EQ(number_at(row, "s"), std::nullopt);
  EXPECT_EQ(loose_number_at(row, "s"), 2.5);
  EXPECT_EQ(loose_number_at(row, "x"), std::nullopt);
  EXPECT_EQ(text_at(row, "z"), "");
  EXPECT_EQ(text_at(row, "n"), "");
  EXPECT_THAT(numbers_in(member(row, "l")), ElementsAre(1, 3));
  EXPECT_THAT(numbers_in(member(row, "none")), ElementsAre());
  EXPECT_EQ(member(nlohmann::json(3), "n"), nullptr);
}

}  // namespace json_rows_test
}  // namespace melisai::formats
