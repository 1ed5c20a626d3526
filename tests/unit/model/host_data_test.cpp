#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/host_report.h"

namespace melisai {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

HostData data(const std::string& json) {
  Result<HostData> parsed = HostData::parse(json);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : HostData();
}

std::string data_problem(const std::string& json) {
  const Result<HostData> parsed = HostData::parse(json);
  return parsed ? "" : parsed.error().message;
}

std::string nested(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += R"({"a":)";
  return text + "1" + std::string(static_cast<std::size_t>(levels), '}');
}

TEST(HostData, FindsByPath) {
  const HostData host = data(
      R"({"z":1,"tcp":{"count":7,"word":"x","on":true,"list":[{"v":1},2,{"v":3}]},
          "nics":{"eth0.100":4}})");
  EXPECT_EQ(host.number("tcp.count"), 7);
  EXPECT_EQ(host.text("tcp.word"), "x");
  EXPECT_EQ(host.flag("tcp.on"), true);
  EXPECT_EQ(host.object("tcp").number("count"), 7);
  ASSERT_EQ(host.list("tcp.list").size(), 2u);
  EXPECT_EQ(host.list("tcp.list")[1].number("v"), 3);
  EXPECT_THAT(host.names(""), ElementsAre("z", "tcp", "nics"));
  EXPECT_EQ(host.number("nics.eth0.100"), 4);
}

TEST(HostData, ReadsNothingForWhatIsAbsentOrOfAnotherType) {
  const HostData host = data(R"({"text":"5","null":null,"number":0,"object":{}})");
  for (const char* path : {"text", "null", "missing", "object", "text.more", "number.more", ""})
    EXPECT_EQ(host.number(path), std::nullopt) << path;
  EXPECT_EQ(host.number("number"), 0);
  EXPECT_EQ(host.text("number"), std::nullopt);
  EXPECT_EQ(host.flag("number"), std::nullopt);
  EXPECT_TRUE(host.object("number").empty());
  EXPECT_THAT(host.list("object"), IsEmpty());
  EXPECT_THAT(host.names("number"), IsEmpty());
}

TEST(HostData, KeepsTheOrderAndComparesWithoutIt) {
  EXPECT_EQ(data(R"({"b":1,"a":[2,"x"]})").to_json(), R"({"b":1,"a":[2,"x"]})");
  EXPECT_EQ(data(R"({"b":1,"a":2})"), data(R"({"a":2,"b":1})"));
  EXPECT_FALSE(data(R"({"a":2})") == data(R"({"a":3})"));
  EXPECT_EQ(HostData(), data("{}"));
}

TEST(HostData, MakesStrangersTextsFitToBeShown) {
  const HostData host = data("{\"a\":\"\\u001b[31mred\\n\",\"\\u0007k\":1,\"long\":\"" +
                             std::string(5000, 'x') + "\"}");
  EXPECT_EQ(host.text("a"), "?[31mred?");
  EXPECT_EQ(data("{\"a\":\"4096\\t131072\"}").text("a"), "4096 131072");
  EXPECT_EQ(host.number("?k"), 1);
  EXPECT_EQ(host.text("long").value().size(), 4096u);
}

TEST(HostData, RefusesWhatPassesALimit) {
  EXPECT_EQ(data_problem(nested(32)), "");
  EXPECT_THAT(data_problem(nested(33)), HasSubstr("deeper than 32"));
  EXPECT_THAT(data_problem(nested(100'000)), HasSubstr("deeper than 32"));
  EXPECT_THAT(data_problem("[1]"), HasSubstr("expected an object"));
  EXPECT_THAT(data_problem("{\"a\":"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(data_problem("{\"a\":1e999}"), HasSubstr("out of range"));
  EXPECT_THAT(data_problem("{\"a\":\"\xff\"}"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(data_problem("{\"a\":\"" + std::string(5 << 20, 'x') + "\"}"),
              HasSubstr("longer than"));
  std::string many = "{";
  for (int i = 0; i < 1001; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  EXPECT_THAT(data_problem(many + "}"), HasSubstr("more than 1000 members"));
}

}  // namespace
}  // namespace melisai
