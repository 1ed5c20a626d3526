// Events as they happen, and after a break.
#include "core/api/beats.h"
#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

using supervise::EventType;

class EventsTest : public ApiTest {
 protected:
  struct Open {
    std::unique_ptr<http::Stream> stream;
    std::shared_ptr<int> woken = std::make_shared<int>(0);
  };
  Open open(const std::string& query = "", const std::string& last_id = "") {
    Asked asked{.target = "/api/v1/events" + query, .token = "read"};
    if (!last_id.empty()) asked.headers.push_back({"Last-Event-ID", last_id});
    http::Response response = ask(asked);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.type, "text/event-stream");
    Open opened{.stream = std::move(response.stream)};
    opened.stream->on_more([woken = opened.woken] { ++*woken; });
    return opened;
  }
  void publish(EventType type, const std::string& run = "", const std::string& data = "") {
    bus.publish({.type = type, .source = "engines", .run = run, .message = "it", .data = data});
  }
  /// Until all who wait have looked again.
  void beat() {
    settle();
    scheduler.run_for(kNewsPause);
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++found;
    return found;
  }
};

TEST_F(EventsTest, AreToldFromNowOn) {
  publish(EventType::status_update);
  beat();
  const Open client = open();
  EXPECT_EQ(drained(*client.stream), "retry: 2000\n\n");
  publish(EventType::workflow_started, "demo/build#1", R"({"a":1})");
  EXPECT_EQ(*client.woken, 0);
  beat();
  EXPECT_EQ(*client.woken, 1);
  const std::string text = drained(*client.stream);
  EXPECT_THAT(text, ::testing::StartsWith("id: 2-"));
  EXPECT_THAT(text, HasSubstr("\nevent: workflow_started\ndata: {\"number\":2,"));
  EXPECT_THAT(text, HasSubstr(R"("run":"demo/build#1")"));
  EXPECT_THAT(text, HasSubstr(R"("data":{"a":1})"));
  EXPECT_EQ(drained(*client.stream), "");
}

TEST_F(EventsTest, AreFiltered) {
  const Open of_project = open("?project=demo");
  const Open of_type = open("?type=workflow_failed,module_failed");
  drained(*of_project.stream);
  drained(*of_type.stream);
  publish(EventType::workflow_started, "demo/build#1");
  publish(EventType::workflow_failed, "demolition/build#1");
  beat();
  EXPECT_EQ(count(drained(*of_project.stream), "data: {"), 1u);
  EXPECT_THAT(drained(*of_type.stream), HasSubstr("workflow_failed"));
  for (const char* const bad : {"?type=none", "?type=,"})
    EXPECT_EQ(status({.target = std::string("/api/v1/events") + bad}), 400);
}

TEST_F(EventsTest, MoveAPickyClientOn) {
  const Open client = open("?type=module_failed");
  drained(*client.stream);
  for (int i = 0; i < 30; ++i) publish(EventType::status_update);
  beat();
  EXPECT_EQ(client.stream->next(), "");
  EXPECT_THAT(client.stream->keep_alive(), ::testing::StartsWith("id: 30-"));
}

TEST_F(EventsTest, GoOnAfterABreak) {
  publish(EventType::status_update);
  publish(EventType::status_update);
  beat();
  const std::string all = drained(*open("", "0").stream);
  EXPECT_EQ(count(all, "event: status_update"), 2u);
  const std::size_t at = all.find("id: 1-") + 4;
  const std::string first = all.substr(at, all.find('\n', at) - at);
  const std::string rest = drained(*open("", first).stream);
  EXPECT_EQ(count(rest, "event: status_update"), 1u);
  EXPECT_THAT(rest, HasSubstr("id: 2-"));
  for (const char* const odd : {"x", "1x", "-1"})
    EXPECT_EQ(status({.target = "/api/v1/events", .headers = {{"Last-Event-ID", odd}}}), 400);
}

TEST_F(EventsTest, AGapIsTold) {
  const Open slow = open();
  drained(*slow.stream);
  for (int i = 0; i < 60; ++i) publish(EventType::status_update);  // ten more than are kept
  beat();
  const std::string text = drained(*slow.stream);
  EXPECT_EQ(count(text, "event: gap\ndata: {\"dropped\":10}"), 1u);
  EXPECT_EQ(count(text, "event: status_update"), 50u);
}

TEST_F(EventsTest, EndWithTheirToken) {
  const Open client = open();
  drained(*client.stream);
  revoke("admin");
  EXPECT_EQ(client.stream->next(), "");
  revoke("read");
  publish(EventType::status_update);
  beat();
  EXPECT_EQ(*client.woken, 1);
  EXPECT_EQ(client.stream->next(), std::nullopt);
}

TEST_F(EventsTest, ARestartIsAGap) {
  publish(EventType::status_update);
  beat();
  for (const char* const other : {"1-another", "999"}) {
    const std::string text = drained(*open("", other).stream);
    EXPECT_THAT(text, HasSubstr("event: gap\ndata: {\"dropped\":null}")) << other;
    EXPECT_EQ(count(text, "event: status_update"), 1u);
  }
}

TEST_F(EventsTest, WaitWhileABenchmarkIsTimed) {
  const Open client = open();
  drained(*client.stream);
  measuring = true;
  publish(EventType::status_update);
  settle();
  scheduler.run_for(kMeasuringPause - Milliseconds(1));
  EXPECT_EQ(*client.woken, 0);
  EXPECT_EQ(drained(*client.stream), "");
  scheduler.run_for(Milliseconds(1));
  EXPECT_EQ(*client.woken, 1);
  EXPECT_EQ(count(drained(*client.stream), "event: status_update"), 1u);
}

TEST_F(EventsTest, ManyAtOnceWakeOnce) {
  const Open client = open();
  for (int i = 0; i < 15; ++i) publish(EventType::status_update);
  beat();
  EXPECT_EQ(*client.woken, 1);
  publish(EventType::status_update);
  beat();
  EXPECT_EQ(*client.woken, 2);
}

TEST_F(EventsTest, AClientMayGoWhileOthersAreWoken) {
  Open second;
  const http::Response first = ask({.target = "/api/v1/events"});
  first.stream->on_more([&] { second.stream.reset(); });
  second = open();
  const Open third = open();
  publish(EventType::status_update);
  beat();
  EXPECT_EQ(*second.woken, 0);
  EXPECT_EQ(*third.woken, 1);
  api.reset();  // before its clients
  publish(EventType::status_update);
  settle();
}

}  // namespace
}  // namespace melisai::api
