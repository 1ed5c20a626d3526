#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/mail/request.h"

namespace melisai::mail {
namespace mail_request_test {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

json good() {
  return {{"host", "mail.example.org"},
          {"port", 587},
          {"tls", "starttls"},
          {"ca_file", ""},
          {"user", "gate"},
          {"password", "s3cret"},
          {"from", "gate@example.org"},
          {"to", {"a@example.org", "b@example.org"}},
          {"message", "Subject: x\r\n\r\nbody\r\n"},
          {"timeout_ms", 5000}};
}

std::string error_with(const std::string& key, const json& value) {
  json request = good();
  request[key] = value;
  const Result<Request> read = read_request(request.dump());
  return read ? "" : read.error().message;
}

TEST(MailRequest, IsWhatTheDaemonAsksFor) {
  const Result<Request> read = read_request(good().dump());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->host, "mail.example.org");
  EXPECT_EQ(read->tls, Tls::starttls);
  EXPECT_EQ(read->timeout, Milliseconds(5000));
  EXPECT_THAT(read->to, ElementsAre("a@example.org", "b@example.org"));
}

TEST(MailRequest, AnAddressIsOneWord) {
  for (const char* odd : {"", "a@b\r\nDATA", "a@b> <c@d", "a b@c", "a@b\n", "\xc3\xbc@b"}) {
    EXPECT_THAT(error_with("to", {"a@b", odd}), HasSubstr("'to'")) << odd;
    EXPECT_THAT(error_with("from", odd), HasSubstr("'from'")) << odd;
  }
  EXPECT_THAT(error_with("to", json::array()), HasSubstr("'to'"));
}

TEST(MailRequest, AHostIsNoAddressOfTheWeb) {
  for (const char* odd : {"", "a/b", "user@a", "a?b", "a#b", "a:25", "a\r\nb", "%41"})
    EXPECT_THAT(error_with("host", odd), HasSubstr("'host'")) << odd;
}

TEST(MailRequest, LimitsAreKept) {
  EXPECT_THAT(error_with("port", 0), HasSubstr("'port'"));
  EXPECT_THAT(error_with("port", 65536), HasSubstr("'port'"));
  EXPECT_THAT(error_with("timeout_ms", 0), HasSubstr("'timeout_ms'"));
  EXPECT_THAT(error_with("tls", "maybe"), HasSubstr("'tls'"));
}

TEST(MailRequest, AnErrorNeverQuotesThePassword) {
  for (const std::string& text : {good().dump() + "x", std::string("{\"password\": \"s3cret\"}")}) {
    const Result<Request> read = read_request(text);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, Not(HasSubstr("s3cret")));
  }
}

}  // namespace mail_request_test
}  // namespace melisai::mail
