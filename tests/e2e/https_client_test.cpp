// melisai-gate-https and a real web server.
#include <gmock/gmock.h>

#include "core/base/http_client.h"
#include "tests/e2e/support/sandbox.h"
#include "tests/e2e/support/web_server.h"
#include "tests/injections.h"

namespace melisai::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHelper = MELISAI_BIN_DIR "/melisai-gate-https";

class HttpsClient : public ::testing::Test {
 protected:
  std::string root() const { return directory_.path(); }
  Result<HttpAnswer> send(const HttpCall& call) {
    return make_http_client(kHelper)->send(call, interrupt_);
  }
  /// Of a call that has no answer.
  Error failure(const HttpCall& call) {
    const Result<HttpAnswer> answer = send(call);
    EXPECT_FALSE(answer) << call.url << " answered " << answer->status;
    return answer ? Error{} : answer.error();
  }
  Interrupt interrupt_;

 private:
  TemporaryDirectory directory_{*TemporaryDirectory::make(::testing::TempDir(), "https-")};
};

TEST_F(HttpsClient, SendsWhatItIsGivenAndReadsTheAnswer) {
  const WebServer server(root());
  const auto answer = send({.method = "POST",
                            .url = server.url("/status/201?X-Kind=Made%20Up&Retry-After=7"),
                            .headers = {{"Content-Type", "application/json"}},
                            .bearer = "t0ken",
                            .body = R"({"a": "\u00e4"})",
                            .allow_private = true});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_TRUE(answer->ok());
  EXPECT_EQ(answer->header("x-kind"), "Made Up");
  EXPECT_EQ(answer->header("retry-after"), "7");
  EXPECT_EQ(answer->body, R"({"ok": true})");
  EXPECT_THAT(
      server.request(1),
      AllOf(HasSubstr("POST /status/201?"), HasSubstr("Content-Type: application/json\n"),
            HasSubstr("Authorization: Bearer t0ken\n"), HasSubstr("User-Agent: melisai-gate\n"),
            HasSubstr("\n\n{\"a\": \"\\u00e4\"}")));
}

TEST_F(HttpsClient, SpeaksEveryMethod) {
  const WebServer server(root());
  int number = 0;
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    const auto answer = send({.method = method, .url = server.url("/x"), .allow_private = true});
    ASSERT_TRUE(answer) << method << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_THAT(server.request(++number), ::testing::StartsWith(std::string(method) + " /x"));
  }
}

TEST_F(HttpsClient, FollowsNobody) {
  const WebServer server(root());
  const auto answer = send({.url = server.url("/to?" + server.url("/stolen")),
                            .bearer = "t0ken",
                            .allow_private = true});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(server.request(2), "");
}

TEST_F(HttpsClient, BelievesAServerByItsCertificate) {
  ASSERT_TRUE(make_certificate(root()));
  const WebServer server(root(), WebServer::Tls::on);
  HttpCall call{.url = server.url("/x"), .bearer = "t0ken", .allow_private = true};
  const Error stranger = failure(call);
  EXPECT_EQ(stranger.code, Errc::unavailable);
  EXPECT_THAT(stranger.message, HasSubstr("certificate"));
  call.ca_file = root() + "/cert.pem";
  const auto answer = send(call);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  // The certificate is for the address, and not for the name.
  call.url = "https://localhost:" + server.port() + "/x";
  EXPECT_EQ(failure(call).code, Errc::unavailable);
  EXPECT_EQ(server.request(2), "");
}

TEST_F(HttpsClient, GivesUpOnAnswersThatDoNotFit) {
  const WebServer server(root());
  HttpCall call{.url = server.url("/large/1001"), .allow_private = true, .answer_max = 1000};
  EXPECT_EQ(failure(call).code, Errc::limit);
  call.url = server.url("/large/1000");
  const auto answer = send(call);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body.size(), 1000);
  call.url = server.url("/headers/80000");
  EXPECT_EQ(failure(call).code, Errc::limit);
}

TEST_F(HttpsClient, KnowsWhetherTheServerMayHaveGotIt) {
  std::string nobody;
  {
    const WebServer server(root());
    const Error slow = failure(
        {.url = server.url("/silent"), .allow_private = true, .timeout = Milliseconds(300)});
    EXPECT_EQ(slow.code, Errc::timeout);
    EXPECT_EQ(failure({.url = server.url("/cut"), .allow_private = true}).code, Errc::io);
    nobody = server.url("/x");
  }
  EXPECT_EQ(failure({.url = nobody, .allow_private = true}).code, Errc::unavailable);
}

TEST_F(HttpsClient, IsInterrupted) {
  const WebServer server(root());
  interrupt_.request();
  EXPECT_EQ(failure({.url = server.url("/silent"), .allow_private = true}).code, Errc::interrupted);
}

TEST_F(HttpsClient, ReachesNobodyByHostileAddresses) {
  const WebServer server(root());
  for (const std::string& url : injections("web_urls.txt", {{"port", server.port()}})) {
    const Error error = failure({.url = url, .bearer = "t0ken", .timeout = Milliseconds(5'000)});
    // Or no host that could be found: in both cases nothing was sent.
    EXPECT_THAT(error.code, ::testing::AnyOf(Errc::usage, Errc::unavailable))
        << shown(url) << ": " << error.message;
    EXPECT_THAT(error.message, AllOf(Not(HasSubstr("t0ken")), Not(HasSubstr("/secret"))));
  }
  EXPECT_EQ(server.request(1), "");
}

}  // namespace
}  // namespace melisai::e2e
