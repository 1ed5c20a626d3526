#include "core/http/server.h"

#include <gmock/gmock.h>

#include "tests/fakes/fake_clock.h"
#include "tests/unit/http/serving.h"

namespace melisai::http {
namespace server_test {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kGetAndClose = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

class HttpServer : public Serving {
 protected:
  /// A handler that keeps what it should call.
  Handler keeping() {
    return [this](const Request&, Respond respond) { kept_.push_back(std::move(respond)); };
  }
  void respond_kept(std::size_t which, const std::string& text) {
    on_loop([&] { kept_.at(which)({.body = text}); });
  }
  bool was_asked(std::size_t times) {
    return soon([&] { return kept_.size() == times; });
  }
  std::vector<Respond> kept_;  // on the loop's thread
};

TEST_F(HttpServer, GivesTheRequestToTheHandlerAndItsAnswerBack) {
  std::string peer;
  serve({}, [&](const Request& request, const Respond& respond) {
    peer = request.peer;
    respond(told(request));
  });
  EXPECT_THAT(
      ask("POST /x?y=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n"
          "\r\nhi"),
      AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nContent-Type: text/plain\r\n"),
            HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
            HasSubstr("\r\nCache-Control: no-store\r\n"),
            HasSubstr("\r\nContent-Security-Policy: default-src 'none'\r\n"),
            HasSubstr("\r\nContent-Length: 11\r\n"), EndsWith("\r\n\r\nPOST /x\nhi\n")));
  EXPECT_EQ(peer, "127.0.0.1");
}

TEST_F(HttpServer, AnswersSeveralRequestsOfAConnection) {
  serve();
  Client client(port);
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    EXPECT_THAT(client.until("GET /a\n\n"), Not(HasSubstr("Connection: close")));
  }
  EXPECT_EQ(counters().accepted, 1U);
  EXPECT_EQ(counters().requests, 3U);
}

TEST_F(HttpServer, AnswersInTheOrderOfPipelinedRequests) {
  serve();
  EXPECT_THAT(ask("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                  "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
                  "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /4"),
              AllOf(HasSubstr("GET /1\n\nHTTP/1.1 200 OK"), HasSubstr("POST /2\nx\nHTTP/1.1 200"),
                    EndsWith("GET /3\n\n")));
}

TEST_F(HttpServer, HangsUpAfterSoManyRequests) {
  serve({.requests_per_connection_max = 2});
  const std::string all = ask(std::string(kGet) + std::string(kGet) + std::string(kGet));
  EXPECT_THAT(all, HasSubstr("Connection: close"));
  EXPECT_EQ(counters().requests, 2U);
}

TEST_F(HttpServer, SpeaksHttp10) {
  serve();
  EXPECT_THAT(ask("GET /a HTTP/1.0\r\n\r\n"),
              AllOf(HasSubstr("\r\nConnection: close\r\n"), EndsWith("GET /a\n\n")));
}

TEST_F(HttpServer, AnswersHeadLikeGetWithoutTheBody) {
  serve();
  EXPECT_THAT(ask("HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("\r\nContent-Length: 8\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpServer, AsksForTheBodyOfWhoWaitsForThat) {
  serve();
  Client client(port);
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_THAT(client.until("hi\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServer, DoesNotAskForABodyThatIsTooLong) {
  serve({.body_max = 10});
  EXPECT_THAT(ask("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n"
                  "Expect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
}

TEST_F(HttpServer, SaysTheDateOfItsClock) {
  FakeClock clock;
  clock.wall = std::chrono::system_clock::time_point(784111777s);
  serve({.clock = &clock});
  EXPECT_THAT(ask(kGetAndClose), HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

TEST_F(HttpServer, AnswersLaterOnTheSameConnection) {
  serve({}, keeping());
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(was_asked(1));
  respond_kept(0, "later");
  EXPECT_THAT(client.until("later"), HasSubstr("200 OK"));
}

TEST_F(HttpServer, TakesNoSecondAnswerAlsoNotForTheNextRequest) {
  serve({}, keeping());
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(was_asked(1));
  respond_kept(0, "first");
  respond_kept(0, "second");
  client.until("first");
  client.send(kGet);
  ASSERT_TRUE(was_asked(2));
  respond_kept(0, "third");
  respond_kept(1, "fourth");
  EXPECT_THAT(client.until("fourth"), AllOf(Not(HasSubstr("second")), Not(HasSubstr("third"))));
}

TEST_F(HttpServer, TakesAnAnswerForAClientThatIsGone) {
  serve({}, keeping());
  Client client(port);
  client.send(kGetAndClose);
  ASSERT_TRUE(was_asked(1));
  client.close();
  respond_kept(0, std::string(8 << 20, 'x'));
  EXPECT_TRUE(soon([&] { return true; }));
  Client other(port);
  other.send(kGet);
  EXPECT_TRUE(was_asked(2));
}

TEST_F(HttpServer, TakesAnAnswerAfterItsEnd) {
  serve({}, keeping());
  Client client(port);
  client.send(kGet);
  ASSERT_TRUE(was_asked(1));
  end_server();
  EXPECT_EQ(client.rest(), "");
  respond_kept(0, "too late");
}

TEST_F(HttpServer, EndsInsideItsHandler) {
  serve({}, [this](const Request&, const Respond& respond) {
    end_server_here();
    respond({.body = "nobody hears this"});
  });
  EXPECT_EQ(ask(kGet), "");
}

TEST_F(HttpServer, AnswersItselfWhenTheHandlerDoesNot) {
  serve({.answer_timeout = 100ms}, keeping());
  EXPECT_THAT(ask(kGet), AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"),
                               HasSubstr("application/problem+json")));
  respond_kept(0, "too late");
  EXPECT_EQ(counters().unanswered, 1U);
}

TEST_F(HttpServer, DoesNotSendWhatWouldBeTwoAnswers) {
  serve({}, [](const Request&, const Respond& respond) {
    respond({.headers = {{"Location", "/\r\n\r\nHTTP/1.1 200 OK"}}});
  });
  EXPECT_THAT(ask(kGetAndClose), AllOf(StartsWith("HTTP/1.1 500 Internal Server Error\r\n"),
                                       Not(HasSubstr("200 OK"))));
}

TEST_F(HttpServer, ListensAtIpv6) {
  boost::asio::io_context loop;
  const auto server = Server::listen(loop, {.address = "::1"}, {});
  if (!server) GTEST_SKIP() << server.error().message;
  EXPECT_NE((*server)->port(), 0);
}

TEST_F(HttpServer, SaysWhyItCannotListen) {
  serve();
  boost::asio::io_context loop;
  const auto taken = Server::listen(loop, {.port = port}, {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message,
            "cannot listen at 127.0.0.1:" + std::to_string(port) + ": Address already in use");
  const auto name = Server::listen(loop, {.address = "localhost"}, {});
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, Errc::config);
  EXPECT_THAT(name.error().message, HasSubstr("'localhost'"));
  const auto few = Server::listen(loop, {.descriptors_reserved = 1 << 30}, {});
  ASSERT_FALSE(few);
  EXPECT_EQ(few.error().code, Errc::limit);
  EXPECT_THAT(few.error().message, HasSubstr("LimitNOFILE"));
}

}  // namespace server_test
}  // namespace melisai::http
