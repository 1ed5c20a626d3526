// What plugins say, also the hostile ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/host_report.h"

namespace melisai {
namespace {

using ::testing::HasSubstr;

std::string result_problem(const std::string& json) {
  const Result<HostResult> parsed = parse_host_result(json);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code, Errc::parse);
  return parsed.error().message;
}

std::string list_of(const std::string& name, int count, const std::string& element) {
  std::string text = "{\"" + name + "\":[";
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + element;
  return text + "]}";
}

TEST(HostResult, ReadsAllParts) {
  const Result<HostResult> result = parse_host_result(R"({
      "data":{"b":1,"a":2},
      "histograms":[{"name":"runqlat","unit":"us","buckets":[{"low":0,"high":1,"count":4}],
                     "total_count":4,"p50":0.5,"p90":1,"p99":2,"p999":3,"max":4,"mean":0.6}],
      "events":[{"time":"10:00","pid":7,"comm":"sh","details":{"z":1,"y":2}},{"time":12.5}],
      "stacks":[{"stack":"main;run","count":3,"type":"on-cpu"}],
      "errors":["no /proc/pressure"],"truncated":true})");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->data.to_json(), R"({"b":1,"a":2})");
  ASSERT_EQ(result->histograms.size(), 1u);
  EXPECT_EQ(result->histograms[0].buckets, (std::vector<HostBucket>{{0, 1, 4}}));
  EXPECT_EQ(result->histograms[0].p999, 3);
  ASSERT_EQ(result->events.size(), 2u);
  EXPECT_EQ(result->events[0].details.to_json(), R"({"z":1,"y":2})");
  EXPECT_EQ(result->events[1].time, "12.5");
  EXPECT_EQ(result->stacks, (std::vector<HostStack>{{"main;run", 3, "on-cpu"}}));
  EXPECT_EQ(result->errors, std::vector<std::string>{"no /proc/pressure"});
  EXPECT_TRUE(result->truncated);
}

TEST(HostResult, MayLackAnything) {
  const Result<HostResult> result = parse_host_result("{}");
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, HostResult{});
}

TEST(HostResult, NamesWhatHasAnotherType) {
  EXPECT_THAT(result_problem(R"({"data":[]})"), HasSubstr("data: expected an object"));
  EXPECT_THAT(result_problem(R"({"errors":"x"})"), HasSubstr("errors: expected an array"));
  EXPECT_THAT(result_problem(R"({"errors":[1]})"), HasSubstr("errors[0]: expected a string"));
  EXPECT_THAT(result_problem(R"({"truncated":1})"), HasSubstr("truncated: expected true or false"));
  EXPECT_THAT(result_problem(R"({"events":[{"pid":-1}]})"), HasSubstr("events[0].pid"));
  EXPECT_THAT(result_problem(R"({"events":[{"details":7}]})"), HasSubstr("events[0].details"));
  EXPECT_THAT(result_problem(R"({"events":[5]})"), HasSubstr("events[0]"));
  EXPECT_THAT(result_problem(R"({"histograms":[{"name":"x"}]})"),
              HasSubstr("histograms[0].unit: missing"));
  EXPECT_THAT(result_problem(R"({"stacks":[{"stack":5}]})"), HasSubstr("stacks[0].stack"));
  EXPECT_THAT(result_problem("nonsense"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(result_problem("[]"), HasSubstr("expected an object"));
}

TEST(HostResult, CutsListsAndSaysSo) {
  const Result<HostResult> events = parse_host_result(list_of("events", 10'001, R"({"pid":1})"));
  ASSERT_TRUE(events);
  EXPECT_EQ(events->events.size(), 10'000u);
  EXPECT_TRUE(events->truncated);
  const Result<HostResult> stacks =
      parse_host_result(list_of("stacks", 10'001, R"({"stack":"a"})"));
  ASSERT_TRUE(stacks);
  EXPECT_EQ(stacks->stacks.size(), 10'000u);
  EXPECT_TRUE(stacks->truncated);
  const Result<HostResult> errors = parse_host_result(list_of("errors", 101, R"("x")"));
  ASSERT_TRUE(errors);
  EXPECT_EQ(errors->errors.size(), 100u);
  EXPECT_TRUE(errors->truncated);
}

TEST(HostResult, MakesTextsPrintable) {
  const Result<HostResult> result = parse_host_result(
      "{\"errors\":[\"\\u001b]0;x\\u0007\"],\"events\":[{\"comm\":\"a\\nb\",\"details\":{\"c\":"
      "\"\\u202e\"}}],"
      "\"stacks\":[{\"stack\":\"" +
      std::string(9000, 'f') + "\"}]}");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->errors[0], "?]0;x?");
  EXPECT_EQ(result->events[0].comm, "a?b");
  EXPECT_EQ(result->events[0].details.text("c"), "?");
  EXPECT_EQ(result->stacks[0].stack.size(), 9000u);
}

}  // namespace
}  // namespace melisai
