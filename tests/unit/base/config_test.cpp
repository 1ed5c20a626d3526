#include "core/base/config.h"

#include <gtest/gtest.h>

#include <array>

namespace melisai {
namespace {

using namespace std::chrono_literals;

// A document with its errors, and a map of its root.
struct Document {
  explicit Document(std::string_view text) : tree(parse_config(text, "f").value()) {}
  std::string error() const { return errors.first() ? errors.first()->message : ""; }

  ConfigValue tree;
  ConfigErrors errors{"f"};
  ConfigMap map{tree, errors};
};

TEST(Suggestion, NamesWhatIsNearOrAllThatThereIs) {
  const std::vector<std::string> names = {"build", "test"};
  EXPECT_EQ(suggestion("biuld", names, "there are"), "; did you mean 'build'?");
  EXPECT_EQ(suggestion("nightly", names, "there are"), "; there are: build, test");
  EXPECT_EQ(suggestion("nightly", {}, "there are"), "; there are: none");
}

TEST(ConfigMap, ReadsTypedValues) {
  Document document(
      "text: 123\nflag: true\ncount: -7\ntime: 1h30m\nsize: 64MiB\nshare: 5%\nlist: [a, 2, "
      "'']\nmode: off\n");
  ConfigMap& map = document.map;
  constexpr std::array<std::string_view, 2> kModes = {"auto", "off"};
  EXPECT_EQ(map.string("text", "x"), "123");
  EXPECT_TRUE(map.boolean("flag", false));
  EXPECT_EQ(map.integer("count", 0, {.min = -7, .max = 0}), -7);
  EXPECT_EQ(map.duration("time", 0ms, {.min = 1s, .max = 24h}), 90min);
  EXPECT_EQ(map.bytes("size", 0, {.min = 1, .max = Bytes{1} << 40}), Bytes{64} << 20);
  EXPECT_DOUBLE_EQ(map.fraction("share", 0, {.min = 0, .max = 1}), 0.05);
  EXPECT_EQ(map.strings("list"), (std::vector<std::string>{"a", "2", ""}));
  EXPECT_EQ(map.one_of("mode", kModes, "auto"), "off");
  map.finish();
  EXPECT_EQ(document.error(), "");
}

TEST(ConfigMap, GivesFallbacksForAbsentAndEmptyValues) {
  Document document("text:\ncount: ~\nlist: null\n");
  ConfigMap& map = document.map;
  EXPECT_EQ(map.string("text", "x"), "x");
  EXPECT_EQ(map.integer("count", 5, {.min = 0, .max = 9}), 5);
  EXPECT_TRUE(map.strings("list").empty());
  EXPECT_TRUE(map.boolean("absent", true));
  EXPECT_EQ(map.find("text"), nullptr);
  EXPECT_EQ(map.section("absent").kind, ConfigValue::Kind::null);
  map.finish();
  EXPECT_EQ(document.error(), "");
}

TEST(ConfigMap, BothEndsOfARangeAreAllowed) {
  Document document("a: 1\nb: 9\nc: 0\n");
  EXPECT_EQ(document.map.integer("a", 5, {.min = 1, .max = 9}), 1);
  EXPECT_EQ(document.map.integer("b", 5, {.min = 1, .max = 9}), 9);
  EXPECT_EQ(document.error(), "");
  EXPECT_EQ(document.map.integer("c", 5, {.min = 1, .max = 9}), 5) << "the fallback after an error";
  EXPECT_EQ(document.error(), "f:3:4: 'c': '0' is out of range; allowed: 1 to 9");
}

TEST(ConfigMap, TheFirstErrorWins) {
  Document document("a: x\nb: y\n");
  document.map.integer("b", 0, {.min = 0, .max = 1});
  document.map.integer("a", 0, {.min = 0, .max = 1});
  EXPECT_EQ(document.error(),
            "f:2:4: 'b': 'y' is not a whole number; write it in decimal, without quotes");
}

TEST(ConfigMap, RefusesYaml11Booleans) {
  for (const char* text : {"a: yes", "a: on", "a: True", "a: 1", "a: 'true'", "a: \"false\""}) {
    Document document(text);
    document.map.boolean("a", false);
    EXPECT_NE(document.error().find("is not a truth value"), std::string::npos) << text;
  }
}

TEST(ConfigMap, RefusesIntegersInOtherForms) {
  for (const char* text : {"a: 017", "a: 0x1f", "a: 1e3", "a: 1_0", "a: +1", "a: -01", "a: '1'",
                           "a: 99999999999", "a: 1.0"}) {
    Document document(text);
    document.map.integer("a", 0, {.min = -1'000'000'000, .max = 1'000'000'000});
    EXPECT_TRUE(document.error().starts_with("f:1:4: 'a': ")) << text;
  }
  Document zero("a: 0");
  EXPECT_EQ(zero.map.integer("a", 5, {.min = 0, .max = 1}), 0);
}

TEST(ConfigMap, SaysWhichKindItFound) {
  Document document("a: [1]\n");
  document.map.string("a", "");
  EXPECT_EQ(document.error(), "f:1:4: 'a': expected a single value, found a list");
  Document text("a: 1\n");
  ConfigMap(text.map.section("a"), text.errors);
  EXPECT_EQ(text.error(), "f:1:4: expected a mapping ('key: value'), found a single value");
}

TEST(ConfigMap, ReportsUnknownKeysWithTheNearestOrAllKnown) {
  Document near("threshold: 1\ntimeot: 2\n");
  near.map.string("threshold", "");
  near.map.string("timeout", "");
  near.map.finish();
  EXPECT_EQ(near.error(), "f:2:1: unknown key 'timeot'; did you mean 'timeout'?");
  Document far("zebra: 1\n");
  far.map.string("threshold", "");
  far.map.string("timeout", "");
  far.map.string("timeout", "");
  far.map.finish();
  EXPECT_EQ(far.error(), "f:1:1: unknown key 'zebra'; known keys: threshold, timeout");
}

TEST(ConfigMap, ShowsNoControlCharactersOfHostileText) {
  Document key("\"a\\x1b[31m\\n\": 1\n");
  key.map.finish();
  EXPECT_TRUE(key.error().starts_with("f:1:1: unknown key 'a?[31m?'")) << key.error();
  Document value("a: \"\\x1b]0;title\\x07\"\n");
  value.map.integer("a", 0, {.min = 0, .max = 1});
  EXPECT_TRUE(value.error().starts_with("f:1:4: 'a': '?]0;title?' is not")) << value.error();
}

TEST(ConfigMap, LimitsInMessagesCanBeCopied) {
  Document document("a: 10m\n");
  document.map.duration("a", 1s, {.min = 1500ms, .max = 90s});
  EXPECT_EQ(document.error(), "f:1:4: 'a': '10m' is out of range; allowed: 1500ms to 90s");
  Document size("a: 1\n");
  size.map.bytes("a", 0, {.min = 1000, .max = Bytes{4} << 40});
  EXPECT_EQ(size.error(), "f:1:4: 'a': '1' is out of range; allowed: 1000 to 4TiB");
}

}  // namespace
}  // namespace melisai
