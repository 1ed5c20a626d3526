#include "core/measure/formats/json_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace melisai::formats {
namespace json_path_test {

using ::testing::HasSubstr;

std::string found(const std::string& path, const nlohmann::json& value) {
  const auto parsed = JsonPath::parse(path);
  if (!parsed) return parsed.error().message;
  const nlohmann::json* const at = find_at(value, *parsed);
  return at == nullptr ? "nothing" : at->dump();
}

TEST(JsonPath, FindsWhatItNames) {
  const auto value = nlohmann::json::parse(R"({"a": {"b.c": [1, 2, {"d]": 3}]}, "": 4})");
  EXPECT_EQ(found("$.a['b.c'][1]", value), "2");
  EXPECT_EQ(found(R"($["a"]["b.c"][2]['d]'])", value), "3");
  EXPECT_EQ(found("$.a.*[0]", value), "1");
  EXPECT_EQ(found("$['']", value), "4");
  EXPECT_EQ(found("$.a['b.c'][3]", value), "nothing");
  EXPECT_EQ(found("$.a[0]", value), "nothing") << "an index of an object";
  EXPECT_EQ(found("$.a['b.c'].a", value), "nothing") << "a name of an array";
  EXPECT_EQ(found("$", 7), "7");
  EXPECT_EQ(found("$[*]", 7), "nothing");
  EXPECT_EQ(found("$[*]", nlohmann::json::array()), "nothing");
}

TEST(JsonPath, SaysAtWhichCharacterItIsWrong) {
  const auto wrong = [](const std::string& path) { return found(path, nullptr); };
  EXPECT_THAT(wrong(""), HasSubstr("at character 1: it must begin with $"));
  EXPECT_THAT(wrong("a.b"), HasSubstr("at character 1: "));
  EXPECT_THAT(wrong("$.a..b"), HasSubstr("at character 4: a name is missing"));
  EXPECT_THAT(wrong("$a"), HasSubstr("at character 2: only .name"));
  EXPECT_THAT(wrong("$.a[1"), HasSubstr("at character 4: ']' is missing"));
  EXPECT_THAT(wrong("$['a]"), HasSubstr("at character 2: the quote does not end"));
  for (const char* index : {"$[-1]", "$[]", "$[1:2]", "$[99999999999999999999]", "$[ 1]"})
    EXPECT_THAT(wrong(index), HasSubstr("at character 2: between [ and ]")) << index;
  std::string deep = "$";
  for (int i = 0; i < 65; ++i) deep += "[0]";
  EXPECT_THAT(wrong(deep), HasSubstr("too deep"));
}

}  // namespace json_path_test
}  // namespace melisai::formats
