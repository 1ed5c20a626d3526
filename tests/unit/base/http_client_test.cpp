#include "core/base/http_client.h"

#include <gmock/gmock.h>

#include "tests/fakes/fake_http_client.h"

namespace melisai {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PatientCall : public ::testing::Test {
 protected:
  Result<HttpAnswer> send(const std::string& method, const HttpPatience& patience = {}) {
    return send_patiently(
        client_, {.method = method, .url = "https://a/"}, patience, rng_,
        [this](Milliseconds time, const Interrupt&) { waited_.push_back(time.count()); },
        interrupt_);
  }
  void script(std::initializer_list<Result<HttpAnswer>> answers) { client_.scripted = answers; }
  static HttpAnswer status(int number, const std::string& retry_after = "") {
    HttpAnswer answer{.status = number, .headers = {}, .body = ""};
    if (!retry_after.empty()) answer.headers.push_back({"retry-after", retry_after});
    return answer;
  }

  /// Always in the middle, so that +- 25 % is nothing.
  class MiddleRng final : public Rng {
   public:
    std::uint64_t below(std::uint64_t bound) override { return bound / 2; }
  };
  FakeHttpClient client_;
  MiddleRng rng_;
  Interrupt interrupt_;
  std::vector<std::int64_t> waited_;
};

TEST_F(PatientCall, TakesAnAnswerAsItIs) {
  for (const int number : {200, 302, 401, 404, 422}) {
    script({status(number)});
    EXPECT_EQ(send("GET")->status, number);
  }
  EXPECT_EQ(client_.sent.size(), 5);
  EXPECT_THAT(waited_, IsEmpty());
}

TEST_F(PatientCall, WaitsTwiceAsLongEachTime) {
  script({status(503), status(429), status(200)});
  EXPECT_EQ(send("POST")->status, 200);
  EXPECT_THAT(waited_, ElementsAre(1'000, 2'000));
}

TEST_F(PatientCall, GivesUpAfterItsTries) {
  script({status(503)});
  EXPECT_EQ(send("GET")->status, 503);
  EXPECT_EQ(client_.sent.size(), 3);
}

TEST_F(PatientCall, WaitsAsLongAsTheServerAsks) {
  script({status(429, "7"), status(200)});
  EXPECT_EQ(send("POST")->status, 200);
  EXPECT_THAT(waited_, ElementsAre(7'000));
}

TEST_F(PatientCall, DoesNotWaitLongerThanItMay) {
  script({status(429, "61"), status(200)});
  EXPECT_EQ(send("GET")->status, 429);
  EXPECT_THAT(waited_, IsEmpty());
  script({status(429, "40"), status(429, "40"), status(200)});
  EXPECT_EQ(send("GET")->status, 429);
  EXPECT_THAT(waited_, ElementsAre(40'000));
}

TEST_F(PatientCall, ReadsNoOtherRetryAfter) {
  for (const char* text : {"", "-1", "7s", " 7", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999"}) {
    waited_.clear();
    script({status(503, text), status(200)});
    EXPECT_EQ(send("GET")->status, 200);
    EXPECT_THAT(waited_, ElementsAre(1'000)) << text;
  }
}

TEST_F(PatientCall, RepeatsOnlyWhatMayArriveTwice) {
  const auto tries_of = [&](const std::string& method, const Result<HttpAnswer>& first) {
    client_.sent.clear();
    script({first, status(200)});
    (void)send(method);
    return client_.sent.size();
  };
  const Error lost{Errc::io, "cut"};
  const Error late{Errc::timeout, "late"};
  const Error never{Errc::unavailable, "nobody"};
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE"}) {
    EXPECT_EQ(tries_of(method, lost), 2) << method;
    EXPECT_EQ(tries_of(method, late), 2) << method;
    EXPECT_EQ(tries_of(method, status(500)), 2) << method;
    EXPECT_EQ(tries_of(method, never), 2) << method;
  }
  for (const char* method : {"POST", "PATCH"}) {
    EXPECT_EQ(tries_of(method, lost), 1) << method;
    EXPECT_EQ(tries_of(method, late), 1) << method;
    EXPECT_EQ(tries_of(method, status(500)), 1) << method;
    EXPECT_EQ(tries_of(method, never), 2) << method;
  }
  for (const Errc code : {Errc::usage, Errc::limit, Errc::interrupted})
    EXPECT_EQ(tries_of("GET", Error{code, "no"}), 1);
}

TEST_F(PatientCall, StopsWhenItIsInterrupted) {
  interrupt_.request();
  script({status(503), status(200)});
  EXPECT_EQ(send("GET")->status, 503);
  EXPECT_THAT(waited_, IsEmpty());
}

TEST_F(PatientCall, SpreadsItsWaits) {
  SeededRng rng(7);
  script({status(503)});
  (void)send_patiently(
      client_, {.url = "https://a/"}, {.tries_max = 1'000, .wait_max = Milliseconds(1 << 24)}, rng,
      [this](Milliseconds time, const Interrupt&) { waited_.push_back(time.count()); }, interrupt_);
  ASSERT_GT(waited_.size(), 10);
  for (std::size_t i = 0; i < 10; ++i) {
    const double whole = 1'000.0 * static_cast<double>(1 << i);
    EXPECT_GE(waited_[i], whole * 0.75);
    EXPECT_LE(waited_[i], whole * 1.25);
  }
  EXPECT_NE(waited_[1], 2 * waited_[0]);
}

TEST(HostIn, ShowsNothingElse) {
  EXPECT_EQ(host_in("https://hooks.example.org/services/T0/secret"), "hooks.example.org");
  EXPECT_EQ(host_in("https://user:pw@example.org:8443?token=x"), "example.org:8443");
  EXPECT_EQ(host_in("https://example.org\\@secret"), "example.org");
  EXPECT_EQ(host_in("https://[::1]:80/x"), "[::1]:80");
  EXPECT_EQ(host_in("secret"), "");
}

}  // namespace
}  // namespace melisai
