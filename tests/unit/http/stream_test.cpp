// Answers without an end.
#include <gmock/gmock.h>

#include <deque>

#include "tests/unit/http/serving.h"

namespace melisai::http {
namespace stream_test {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

/// What a test says and sees of a stream; on the loop's thread.
struct Script {
  std::deque<std::string> pieces;
  bool ends = false;
  bool broken = false;
  std::string sign;
  int pulls = 0;
  int alive = 0;
  std::function<void()> wake;
};

class ScriptedStream final : public Stream {
 public:
  explicit ScriptedStream(std::shared_ptr<Script> script) : script_(std::move(script)) {
    ++script_->alive;
  }
  ~ScriptedStream() override { --script_->alive; }
  std::optional<std::string> next() override {
    ++script_->pulls;
    if (script_->pieces.empty()) {
      if (script_->ends) return std::nullopt;
      return "";
    }
    std::string piece = std::move(script_->pieces.front());
    script_->pieces.pop_front();
    return piece;
  }
  bool is_broken() const override { return script_->broken; }
  void on_more(std::function<void()> wake) override { script_->wake = std::move(wake); }
  std::string keep_alive() const override { return script_->sign; }

 private:
  std::shared_ptr<Script> script_;
};

constexpr std::string_view kGet = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

class HttpStream : public Serving {
 protected:
  void serve_stream(ServerOptions options = {}) {
    serve(std::move(options), [script = script_](const Request&, const Respond& respond) {
      respond({.type = "text/event-stream", .stream = std::make_unique<ScriptedStream>(script)});
    });
  }
  void say(const std::string& piece) {
    on_loop([&] {
      script_->pieces.push_back(piece);
      if (script_->wake) script_->wake();
    });
  }
  int pulls() {
    int result = 0;
    on_loop([&] { result = script_->pulls; });
    return result;
  }
  bool is_waiting() {
    return soon([&] { return script_->pulls > 0 && script_->pieces.empty(); });
  }
  bool ended() {
    return soon([&] { return script_->alive == 0; });
  }
  const std::shared_ptr<Script> script_ = std::make_shared<Script>();
};

TEST_F(HttpStream, SendsWhatIsThereAndWhatComes) {
  script_->pieces = {"one", "two"};
  serve_stream();
  Client client(port);
  client.send(kGet);
  EXPECT_THAT(
      client.until("3\r\ntwo\r\n"),
      AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nContent-Type: text/event-stream\r\n"),
            HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
            HasSubstr("\r\nTransfer-Encoding: chunked\r\n"), HasSubstr("\r\nConnection: close\r\n"),
            Not(HasSubstr("Content-Length")), EndsWith("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n")));
  ASSERT_TRUE(is_waiting());
  say("three");
  EXPECT_EQ(client.until("three\r\n"), "5\r\nthree\r\n");
  EXPECT_EQ(counters().streams, 1);
}

TEST_F(HttpStream, SaysThatItHasEnded) {
  script_->pieces = {"one"};
  script_->ends = true;
  serve_stream();
  EXPECT_THAT(ask(kGet), EndsWith("3\r\none\r\n0\r\n\r\n"));
  EXPECT_TRUE(ended());
  EXPECT_EQ(counters().streams, 0);
}

TEST_F(HttpStream, IsCutWhenItBreaks) {
  script_->pieces = {"one"};
  script_->ends = true;
  script_->broken = true;
  serve_stream();
  EXPECT_THAT(ask(kGet), EndsWith("3\r\none\r\n"));
  EXPECT_TRUE(ended());
  EXPECT_EQ(counters().streams, 0);
}

TEST_F(HttpStream, HasNoChunksInHttp10) {
  script_->pieces = {"one", "two"};
  script_->ends = true;
  serve_stream();
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"),
              AllOf(Not(HasSubstr("chunked")), EndsWith("\r\n\r\nonetwo")));
}

TEST_F(HttpStream, IsNotBegunForHead) {
  serve_stream();
  EXPECT_THAT(ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nConnection: close\r\n"),
                    Not(HasSubstr("Content-Length")), EndsWith("\r\n\r\n")));
  EXPECT_TRUE(ended());
}

TEST_F(HttpStream, IsPulledOnceForManyWakes) {
  serve_stream();
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(is_waiting());
  const int before = pulls();
  on_loop([&] {
    for (int i = 0; i < 100; ++i) script_->wake();
  });
  EXPECT_TRUE(soon([&] { return script_->pulls > before; }));
  EXPECT_EQ(pulls(), before + 1);
}

TEST_F(HttpStream, ShowsThatItIsAlive) {
  script_->sign = ": alive\n\n";
  serve_stream({.stream_keep_alive = 50ms});
  Client client(port);
  client.send(kGet);
  EXPECT_THAT(client.until(": alive\n\n"), EndsWith("\r\n\r\n9\r\n: alive\n\n"));
  EXPECT_EQ(client.until(": alive\n\n"), "\r\n9\r\n: alive\n\n");
}

TEST_F(HttpStream, DiesWithItsClient) {
  serve_stream();
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(is_waiting());
  client.close();
  EXPECT_TRUE(ended());
  say("to nobody");
}

TEST_F(HttpStream, DiesWithTheServer) {
  serve_stream();
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(is_waiting());
  end_server();
  EXPECT_TRUE(ended());
  EXPECT_THAT(client.rest(), Not(HasSubstr("0\r\n\r\n")));
  say("to nobody");
}

TEST_F(HttpStream, DiesWhenItsClientTakesNothing) {
  serve_stream({.write_timeout = 200ms});
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(is_waiting());
  on_loop([&] {
    for (int i = 0; i < 1000; ++i) script_->pieces.emplace_back(64 << 10, 'x');
    script_->wake();
  });
  EXPECT_TRUE(ended());
  EXPECT_EQ(counters().timeouts, 1U);
  int left = 0;
  on_loop([&] { left = static_cast<int>(script_->pieces.size()); });
  EXPECT_GT(left, 0) << "a slow client was given everything";
}

TEST_F(HttpStream, DiesWhenItsClientTalks) {
  serve_stream();
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(is_waiting());
  client.send(std::string(100 << 10, 'x'));
  EXPECT_TRUE(ended());
}

TEST_F(HttpStream, HasALimitOfHowMany) {
  serve_stream({.streams_max = 1});
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(is_waiting());
  Client second(port);
  second.send(kGet);
  EXPECT_THAT(second.until("}"), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 10")));
  client.close();
  EXPECT_TRUE(ended());
  second.send(kGet);
  EXPECT_THAT(second.until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpStream, IsAskedRarelyWhileTheOwnerSaysSo) {
  bool slow = true;
  script_->pieces = {"one", "two"};
  serve_stream({.pace = {.slow = [&slow] { return slow; }, .every = 300ms}});
  Client client(port);
  client.send(kGet);
  client.until("one\r\n");
  const auto begin = std::chrono::steady_clock::now();
  say("three");
  client.until("two\r\n");
  EXPECT_GT(std::chrono::steady_clock::now() - begin, 200ms);
  EXPECT_EQ(pulls(), 2);
  on_loop([&] { slow = false; });
  client.until("three\r\n");
  say("four");
  client.until("four\r\n");
}

}  // namespace stream_test
}  // namespace melisai::http
