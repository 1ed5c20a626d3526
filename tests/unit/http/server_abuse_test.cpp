// Clients that are slow, greedy, many, or gone.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/resource.h>

#include <vector>

#include "tests/unit/http/serving.h"

namespace melisai::http {
namespace server_abuse_test {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kHalf = "GET /a HTTP/1.1\r\nHost: a\r\n";
constexpr std::string_view kPostHead =
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";

class HttpAbuse : public Serving {
 protected:
  /// Sends a byte every 10 ms until something comes back, or for five seconds; how long that was.
  static std::chrono::steady_clock::duration drip(const Client& client, std::string_view byte) {
    const auto begin = std::chrono::steady_clock::now();
    pollfd waiting{.fd = client.fd(), .events = POLLIN, .revents = 0};
    while (poll(&waiting, 1, 10) == 0 && client.send(byte) &&
           std::chrono::steady_clock::now() - begin < 5s) {
    }
    return std::chrono::steady_clock::now() - begin;
  }
  /// That many connections, each known to the server.
  std::vector<Client> connected(int count, std::string_view bytes) {
    std::vector<Client> clients;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t before = counters().accepted;
      clients.emplace_back(port);
      clients.back().send(bytes);
      EXPECT_TRUE(soon_counters([&](const auto& now) { return now.accepted == before + 1; }));
    }
    return clients;
  }
  bool soon_counters(const std::function<bool(const ServerCounters&)>& holds) {
    return soon([&] { return holds(counters_here()); });
  }
};

TEST_F(HttpAbuse, ProblemsAreToldAndTheHandlerNeverHearsOfThem) {
  serve();
  EXPECT_THAT(
      ask("GET /../x HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 400 Bad Request\r\n"),
            HasSubstr("\r\nContent-Type: application/problem+json\r\n"),
            HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
            HasSubstr("\r\nConnection: close\r\n"), HasSubstr("holds '..'"), EndsWith("}")));
  EXPECT_EQ(counters().requests, 0U);
  EXPECT_EQ(counters().bad_requests, 1U);
}

TEST_F(HttpAbuse, DrippingAHeadDoesNotBuyTime) {
  serve({.request_timeout = 300ms});
  Client client(port);
  client.send(kHalf);
  EXPECT_LT(drip(client, "x"), 5s);
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_EQ(counters().timeouts, 1U);
}

TEST_F(HttpAbuse, DrippingABodyDoesNotBuyTime) {
  serve({.request_timeout = 300ms});
  Client client(port);
  client.send(kPostHead);
  EXPECT_LT(drip(client, "x"), 5s);
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_EQ(counters().requests, 0U);
}

TEST_F(HttpAbuse, DrippingTheSecondRequestDoesNotBuyTime) {
  serve({.request_timeout = 300ms});
  Client client(port);
  client.send(kGet);
  client.until("GET /a\n\n");
  client.send(kHalf);
  EXPECT_LT(drip(client, "x"), 5s);
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST_F(HttpAbuse, WhoSaysNothingIsHungUpOnWithoutAWord) {
  serve({.request_timeout = 100ms});
  EXPECT_EQ(Client(port).rest(), "");
}

TEST_F(HttpAbuse, WhoSaysNothingMoreIsHungUpOn) {
  serve({.idle_timeout = 100ms});
  EXPECT_THAT(ask(kGet), EndsWith("GET /a\n\n"));
  EXPECT_EQ(counters().timeouts, 0U);
}

TEST_F(HttpAbuse, ATooLongBodyIsAnsweredThoughItIsStillBeingSent) {
  serve();
  for (const char* framing : {"Content-Length: 3145728", "Transfer-Encoding: chunked"}) {
    Client client(port);
    client.send("POST /a HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n300000\r\n");
    EXPECT_TRUE(client.send(std::string(3 << 20, 'x')));
    EXPECT_THAT(client.rest(),
                AllOf(StartsWith("HTTP/1.1 413 Content Too Large\r\n"), EndsWith("}")));
    EXPECT_FALSE(client.was_reset());
  }
  EXPECT_EQ(counters().requests, 0U);
}

TEST_F(HttpAbuse, ManySmallChunksAreCountedTogether) {
  serve({.body_max = 1000});
  std::string bytes = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1001; ++i) bytes += "1\r\nx\r\n";
  EXPECT_THAT(ask(bytes), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpAbuse, AHeadWithoutEndIsRefused) {
  serve();
  EXPECT_THAT(ask("GET /" + std::string(20 << 10, 'a')), StartsWith("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) many += "A: b\r\n";
  EXPECT_THAT(ask(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpAbuse, BodiesThatAreNotThereWholeHaveALimitTogether) {
  serve({.bodies_max = 1500});
  const std::string most = std::string(kPostHead) + std::string(900, 'x');
  const auto whole_later = connected(1, most);
  EXPECT_THAT(ask(most), StartsWith("HTTP/1.1 503 "));
  whole_later.front().send(std::string(100, 'x'));
  EXPECT_TRUE(soon_counters([](const auto& now) { return now.requests == 1; }));
  // What came whole, or went away, is no longer counted.
  connected(1, most).front().close();
  EXPECT_TRUE(soon_counters([](const auto& now) { return now.connections == 1; }));
  auto other = connected(1, most);
  other.front().send(std::string(100, 'x'));
  EXPECT_THAT(other.front().until("x\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpAbuse, WhoIsRefusedNoLongerCounts) {
  serve({.bodies_max = 10'000, .linger_timeout = 10s});
  Client refused(port);
  refused.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" +
               std::string(20'000, 'x'));
  EXPECT_THAT(refused.until("}"), StartsWith("HTTP/1.1 503 "));
  Client other(port);  // while the first has not hung up
  other.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" +
             std::string(2'000, 'x'));
  EXPECT_THAT(other.until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpAbuse, WhatIsOnlyAnnouncedDoesNotCount) {
  serve({.bodies_max = 10'000});
  const auto many = connected(20, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\nx");
  Client other(port);
  other.send(std::string(kPostHead) + std::string(1'000, 'x'));
  EXPECT_THAT(other.until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpAbuse, OverTheCapTheLongestWithoutARequestGivesWay) {
  serve({.connections_max = 3});
  auto slow = connected(3, kHalf);
  Client fast(port);
  fast.send(kGet);
  EXPECT_THAT(fast.until("GET /a\n\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(slow[0].rest(), "");
  slow[1].send("\r\n");
  EXPECT_THAT(slow[1].until("GET /a\n\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(counters().evicted, 1U);
  EXPECT_EQ(counters().connections, 3);
}

TEST_F(HttpAbuse, WhoHasAskedDoesNotGiveWay) {
  std::vector<Respond> kept;
  serve({.connections_max = 2},
        [&](const Request&, Respond respond) { kept.push_back(std::move(respond)); });
  auto busy = connected(2, kGet);
  ASSERT_TRUE(soon([&] { return kept.size() == 2; }));
  EXPECT_EQ(ask(kGet), "");
  EXPECT_EQ(counters().refused, 1U);
  on_loop([&] {
    for (const Respond& respond : kept) respond({.body = "here"});
  });
  for (Client& client : busy) EXPECT_THAT(client.until("here"), HasSubstr("200 OK"));
}

TEST_F(HttpAbuse, WhoDoesNotTakeTheAnswerGivesWay) {
  serve({.connections_max = 2}, [](const Request& request, const Respond& respond) {
    respond(request.path == "/big" ? Response{.body = std::string(64 << 20, 'x')} : told(request));
  });
  const std::string_view big = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
  auto deaf = connected(2, big);
  ASSERT_TRUE(soon_counters([](const auto& now) { return now.requests == 2; }));
  Client fast(port);
  fast.send(kGet);
  EXPECT_THAT(fast.until("GET /a\n\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_LT(deaf[0].rest().size(), std::size_t{64} << 20) << "not the one that was first";
  EXPECT_EQ(counters().evicted, 1U);
  EXPECT_EQ(counters().refused, 0U);
  EXPECT_EQ(counters().connections, 2);
}

TEST_F(HttpAbuse, WhoDoesNotTakeTheAnswerIsHungUpOn) {
  serve({.write_timeout = 100ms}, [](const Request&, const Respond& respond) {
    respond({.body = std::string(64 << 20, 'x')});
  });
  const auto clients = connected(1, kGet);
  EXPECT_TRUE(soon_counters([](const auto& now) { return now.connections == 0; }));
  EXPECT_EQ(counters().timeouts, 1U);
}

TEST_F(HttpAbuse, WhoDoesNotHangUpIsHungUpOn) {
  serve({.linger_timeout = 100ms});
  const auto clients = connected(1, "GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(soon_counters([](const auto& now) { return now.connections == 0; }));
}

TEST_F(HttpAbuse, WhoLeavesEarlyLeavesNothing) {
  serve();
  for (const std::string_view bytes :
       {std::string_view(), kHalf, kPostHead, kGet, std::string_view("\r\n")}) {
    connected(1, bytes).front().close();
    EXPECT_TRUE(soon_counters([](const auto& now) { return now.connections == 0; })) << bytes;
  }
}

TEST_F(HttpAbuse, WhoWaitsForContinueAndThenSendsNothingIsToldSo) {
  serve({.request_timeout = 200ms});
  EXPECT_THAT(ask("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                  "Expect: 100-continue\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 ")));
}

TEST_F(HttpAbuse, ManySlowConnectionsDoNotDelayOne) {
  serve();
  std::vector<Client> slow;
  for (int i = 0; i < 200; ++i) {
    slow.emplace_back(port);
    slow.back().send(kHalf);
  }
  Client fast(port);
  fast.send(kGet);
  EXPECT_THAT(fast.until("GET /a\n\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(counters().connections, 201);
  for (Client& client : slow) {
    client.send("\r\n");
    EXPECT_THAT(client.until("GET /a\n\n"), StartsWith("HTTP/1.1 200 "));
  }
}

/// As long as it lives, the process cannot open one more file.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 200;
    setrlimit(RLIMIT_NOFILE, &few);
    for (Fd fd(open("/dev/null", O_RDONLY | O_CLOEXEC)); fd.get() >= 0;
         fd = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)))
      taken_.push_back(std::move(fd));
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
  std::vector<Fd> taken_;
};

TEST_F(HttpAbuse, WithoutDescriptorsItWaitsAndThenGoesOn) {
  serve({.accept_pause = 50ms});
  Client client(port, false);
  // Once before, because UBSan needs a pipe when it meets a class for the first time.
  EXPECT_TRUE(soon_counters([](const auto& now) { return now.accept_errors == 0; }));
  EXPECT_EQ(counters().requests, 0U);
  {
    const NoDescriptors none;
    const auto begin = std::chrono::steady_clock::now();
    client.connect_to(port);
    client.send(kGet);
    EXPECT_TRUE(soon_counters([](const auto& now) { return now.accept_errors >= 3; }));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms) << "it spins";
    EXPECT_EQ(counters().requests, 0U);
  }
  EXPECT_THAT(client.until("GET /a\n\n"), StartsWith("HTTP/1.1 200 "));
}

TEST(DescriptorLimit, IsRaisedAndNeverLowered) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 500;
  setrlimit(RLIMIT_NOFILE, &few);
  EXPECT_EQ(raise_descriptor_limit(400).value(), 500U);
  EXPECT_EQ(raise_descriptor_limit(600).value(), 600U);
  EXPECT_EQ(raise_descriptor_limit(~std::uint64_t{0}).value(), before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace server_abuse_test
}  // namespace melisai::http
