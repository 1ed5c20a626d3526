#include "core/base/collector_protocol.h"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace melisai::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

template <class T>
T request_as(const std::string& body) {
  const auto request = parse_request(body);
  EXPECT_TRUE(request) << (request ? "" : request.error().message);
  if (!request || !std::holds_alternative<T>(*request)) {
    ADD_FAILURE() << "another message than expected: " << body;
    return T{};
  }
  return std::get<T>(*request);
}

template <class T>
T message_as(const std::string& body) {
  const auto message = parse_message(body);
  EXPECT_TRUE(message) << (message ? "" : message.error().message);
  if (!message || !std::holds_alternative<T>(*message)) {
    ADD_FAILURE() << "another message than expected: " << body;
    return T{};
  }
  return std::get<T>(*message);
}

std::string problem_of(const std::string& body) {
  const auto message = parse_message(body);
  if (message) return "";
  EXPECT_EQ(message.error().code, Errc::parse);
  return message.error().message;
}

Hello full_hello() {
  return {.name = "process",
          .version = "1.2.0",
          .abi = "1.0",
          .available = false,
          .reason = "no /proc/self/schedstat",
          .watches = true,
          .capabilities = {"CAP_SYS_PTRACE"},
          .metrics = {{"run_delay", "ns", "lower", 3, "Waited", "schedstat, field 2", "none"}},
          .parts = {{"cpu_utilization", "cpu", 2}, {"runqlat", "cpu", 3, "no BTF"}}};
}

TEST(CollectorProtocol, RequestsSurviveTheWire) {
  const auto hello = request_as<HelloRequest>(to_body(HelloRequest{.config = R"({"deep":[1]})"}));
  EXPECT_EQ(hello.protocol, kVersion);
  EXPECT_EQ(hello.config, R"({"deep":[1]})");
  const auto start = request_as<StartRequest>(
      to_body(StartRequest{.id = 7, .root_pid = 4'000'000, .cgroup = "/sys/fs/cgroup/a"}));
  EXPECT_EQ(start.id, 7);
  EXPECT_EQ(start.root_pid, 4'000'000);
  EXPECT_EQ(start.cgroup, "/sys/fs/cgroup/a");
  EXPECT_FALSE(start.parts) << "all";
  for (const std::vector<std::string>& parts : {std::vector<std::string>{}, {"runqlat", "tcprtt"}})
    EXPECT_EQ(request_as<StartRequest>(to_body(StartRequest{.parts = parts})).parts, parts);
  EXPECT_EQ(request_as<StopRequest>(to_body(StopRequest{.id = 8})).id, 8);
  EXPECT_EQ(request_as<PingRequest>(to_body(PingRequest{.id = 9})).id, 9);
  request_as<QuitRequest>(to_body(QuitRequest{}));
}

TEST(CollectorProtocol, HelloSurvivesTheWire) {
  const Hello sent = full_hello();
  const Hello got = message_as<Hello>(to_body(sent));
  EXPECT_EQ(got.protocol, kVersion);
  EXPECT_EQ(got.name, sent.name);
  EXPECT_EQ(got.version, sent.version);
  EXPECT_EQ(got.abi, sent.abi);
  EXPECT_FALSE(got.available);
  EXPECT_EQ(got.reason, sent.reason);
  EXPECT_TRUE(got.watches);
  EXPECT_THAT(got.capabilities, ElementsAre("CAP_SYS_PTRACE"));
  ASSERT_EQ(got.metrics.size(), 1u);
  EXPECT_EQ(got.metrics[0].name, "run_delay");
  EXPECT_EQ(got.metrics[0].unit, "ns");
  EXPECT_EQ(got.metrics[0].better, "lower");
  EXPECT_EQ(got.metrics[0].tier, 3);
  EXPECT_EQ(got.metrics[0].help, "Waited");
  EXPECT_EQ(got.metrics[0].source, "schedstat, field 2");
  EXPECT_EQ(got.metrics[0].privilege, "none");
  ASSERT_EQ(got.parts.size(), 2u);
  EXPECT_EQ(got.parts[0].name, "cpu_utilization");
  EXPECT_EQ(got.parts[0].category, "cpu");
  EXPECT_EQ(got.parts[0].tier, 2);
  EXPECT_EQ(got.parts[0].unavailable, "");
  EXPECT_EQ(got.parts[1].unavailable, "no BTF");
}

TEST(CollectorProtocol, AnswersSurviveTheWire) {
  const auto samples = message_as<Samples>(to_body(Samples{3, {{"a", 0.1}, {"b", -1e300}}}));
  EXPECT_EQ(samples.id, 3);
  ASSERT_EQ(samples.samples.size(), 2u);
  EXPECT_EQ(samples.samples[0].metric, "a");
  EXPECT_EQ(samples.samples[0].value, 0.1);
  EXPECT_EQ(samples.samples[1].value, -1e300);
  EXPECT_EQ(message_as<Started>(to_body(Started{1})).id, 1);
  EXPECT_EQ(message_as<Stopped>(to_body(Stopped{2})).id, 2);
  EXPECT_EQ(message_as<Pong>(to_body(Pong{3})).id, 3);
  const auto log = message_as<Log>(to_body(Log{"warning", "slow"}));
  EXPECT_EQ(log.level, "warning");
  EXPECT_EQ(log.text, "slow");
  const auto failed = message_as<Failed>(to_body(Failed{4, "no", true}));
  EXPECT_EQ(failed.id, 4);
  EXPECT_EQ(failed.reason, "no");
  EXPECT_TRUE(failed.refused);
  EXPECT_FALSE(message_as<Failed>(to_body(Failed{4, "no", false})).refused);
}

TEST(CollectorProtocol, FieldsThatAreNotKnownAreIgnored) {
  EXPECT_EQ(message_as<Pong>(R"({"type":"pong","id":5,"since":"1.9"})").id, 5);
}

TEST(CollectorProtocol, ProgramsNeedNotSayWhatHasADefault) {
  const Hello hello =
      message_as<Hello>(R"({"type":"hello","protocol":1,"name":"a","version":"1","metrics":[]})");
  EXPECT_TRUE(hello.available);
  EXPECT_EQ(hello.abi, "");
  EXPECT_FALSE(hello.watches);
}

struct Nonsense {
  const char* name;
  std::string body;
  const char* says;
};
void PrintTo(const Nonsense& row, std::ostream* out) { *out << row.name; }

class CollectorNonsense : public ::testing::TestWithParam<Nonsense> {};

TEST_P(CollectorNonsense, IsNamed) {
  EXPECT_THAT(problem_of(GetParam().body), HasSubstr(GetParam().says));
}

std::string hello_with(const char* key, const Json& value) {
  Json json = Json::parse(to_body(full_hello()));
  json[key] = value;
  return json.dump();
}

std::string metric_with(const char* key, const Json& value) {
  Json json = Json::parse(to_body(full_hello()));
  json["metrics"][0][key] = value;
  return json.dump();
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CollectorNonsense,
    ::testing::Values(
        Nonsense{"Empty", "", "not JSON"}, Nonsense{"Text", "hello", "not JSON: 'hello'"},
        Nonsense{"Cut", R"({"type":"pong")", "not JSON"}, Nonsense{"List", "[]", "not a JSON obj"},
        Nonsense{"Latin1", "{\"type\":\"log\",\"level\":\"info\",\"text\":\"\xe9\"}", "not JSON"},
        Nonsense{"NoType", R"({"id":1})", "message without 'type'"},
        Nonsense{"TypeIsNumber", R"({"type":1})", "'type' is not a text"},
        Nonsense{"UnknownType", R"({"type":"bye"})", "unknown type 'bye'"},
        Nonsense{"RequestType", R"({"type":"start","id":1,"root_pid":1})", "unknown type 'start'"},
        Nonsense{"NoId", R"({"type":"pong"})", "message without 'id'"},
        Nonsense{"NegativeId", R"({"type":"pong","id":-1})", "'id' is not a whole number"},
        Nonsense{"HugeId", R"({"type":"pong","id":9223372036854775808})", "'id' is not a whole"},
        Nonsense{"FractionId", R"({"type":"pong","id":1.5})", "'id' is not a whole number"},
        Nonsense{"SamplesNoList", R"({"type":"samples","id":1,"samples":{}})", "is not a list"},
        Nonsense{"SampleNoObject", R"({"type":"samples","id":1,"samples":[1]})", "not an object"},
        Nonsense{"ValueNull",
                 R"({"type":"samples","id":1,"samples":[{"metric":"a","value":null}]})",
                 "'value' is not a finite number"},
        Nonsense{"ValueText", R"({"type":"samples","id":1,"samples":[{"metric":"a","value":"1"}]})",
                 "'value' is not a finite number"},
        Nonsense{"ValueHuge",
                 R"({"type":"samples","id":1,"samples":[{"metric":"a","value":1e999}]})",
                 "not JSON"},
        Nonsense{"MetricName",
                 R"({"type":"samples","id":1,"samples":[{"metric":"a b","value":1}]})",
                 "'metric' is 'a b'"},
        Nonsense{"LogLevel", R"({"type":"log","level":"loud","text":""})", "'level' is 'loud'"},
        Nonsense{"HelloName", hello_with("name", "../x"), "'name' is '../x'"},
        Nonsense{"HelloNameLong", hello_with("name", std::string(65, 'a')), "at most 64"},
        Nonsense{"HelloAvailable", hello_with("available", 1), "'available' is not true or false"},
        Nonsense{"HelloCapability", hello_with("capabilities", {"a b"}), "'capabilities' has"},
        Nonsense{"HelloParts", hello_with("parts", Json::array_t(101, Json::object())),
                 "'parts' has more than 100 entries"},
        Nonsense{"PartTier",
                 hello_with("parts", {{{"name", "a"}, {"category", "cpu"}, {"tier", 0}}}),
                 "'tier' is 0; it is 1, 2 or 3"},
        Nonsense{"PartTwice",
                 hello_with("parts", {{{"name", "a"}, {"category", "cpu"}, {"tier", 1}},
                                      {{"name", "a"}, {"category", "cpu"}, {"tier", 1}}}),
                 "part 'a' is declared twice"},
        Nonsense{"ResultNoObject", R"({"type":"result","id":1,"part":"a","result":[]})",
                 "'result' is not an object"},
        Nonsense{"HelloMetrics", hello_with("metrics", Json::array_t(1001, Json::object())),
                 "'metrics' has more than 1000 entries"},
        Nonsense{"HelloTwice",
                 hello_with("metrics", {Json::parse(to_body(full_hello()))["metrics"][0],
                                        Json::parse(to_body(full_hello()))["metrics"][0]}),
                 "metric 'run_delay' is declared twice"},
        Nonsense{"MetricUnit", metric_with("unit", "ms"), "metric 'run_delay': 'unit' is 'ms'"},
        Nonsense{"MetricBetter", metric_with("better", "big"), "'better' is 'big'"},
        Nonsense{"MetricTierZero", metric_with("tier", 0), "'tier' is 0"},
        Nonsense{"MetricTierFive", metric_with("tier", 5), "'tier' is not a whole number of 0"},
        Nonsense{"Deep", std::string(1 << 19, '[') + std::string(1 << 19, ']'), "levels"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(CollectorProtocol, DeepRequestsAreRefusedBeforeTheyAreWrittenAgain) {
  const std::string deep(1 << 19, '[');
  const auto request = parse_request(R"({"type":"hello","protocol":1,"config":{"a":)" + deep +
                                     std::string(deep.size(), ']') + "}}");
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().message, HasSubstr("levels"));
}

TEST(CollectorProtocol, TextsAreCutBetweenCharactersAndMadePrintable) {
  std::string long_text = "a\x1b[31m";
  for (int i = 0; i < 600; ++i) long_text += "\xc3\xa9";
  const std::string text = message_as<Log>(to_body(Log{"info", long_text})).text;
  EXPECT_THAT(text, ::testing::StartsWith("a?[31m\xc3\xa9"));
  EXPECT_EQ(text.size(), 1000u);
  EXPECT_EQ(text.substr(998), "\xc3\xa9");
  Hello hello = full_hello();
  hello.version = std::string(100, '1');
  EXPECT_EQ(message_as<Hello>(to_body(hello)).version.size(), 64u);
  EXPECT_EQ(message_as<Log>(to_body(Log{"info", "x" + long_text})).text.size(), 999u);
}

TEST(CollectorProtocol, TextThatIsNotUtf8IsReplaced) {
  EXPECT_EQ(message_as<Log>(to_body(Log{"info", "caf\xe9"})).text, "caf\xef\xbf\xbd");
}

TEST(CollectorProtocol, NamesAndUnits) {
  for (const char* name : {"a", "ebpf.runq_latency", "A-1"}) EXPECT_TRUE(is_name(name)) << name;
  for (const char* name : {"", "1a", "_a", "a b", "a/b", "\xc3\xa9"})
    EXPECT_FALSE(is_name(name)) << name;
  EXPECT_TRUE(is_name(std::string(64, 'x')));
  EXPECT_FALSE(is_name(std::string(65, 'x')));
  for (const char* unit : {"ns", "B", "count", "1/s", "B/s", "ratio"})
    EXPECT_TRUE(is_unit(unit)) << unit;
  for (const char* unit : {"", "ms", "b", "%"}) EXPECT_FALSE(is_unit(unit)) << unit;
}

TEST(CollectorProtocolDeathTest, NotANumberIsAProgrammerError) {
  EXPECT_DEATH(to_body(Samples{1, {{"a", std::numeric_limits<double>::infinity()}}}), "isfinite");
}

}  // namespace
}  // namespace melisai::protocol
