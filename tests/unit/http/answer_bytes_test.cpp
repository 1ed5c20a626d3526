#include "core/http/answer_bytes.h"

#include <gmock/gmock.h>

namespace melisai::http {
namespace answer_bytes_test {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AnswerBytes, AreAHeadWithWhatEveryAnswerCarries) {
  const Response response{.status = 202, .body = "{}", .headers = {{"X-Mine", "1"}}};
  EXPECT_EQ(head_bytes(response, {.keep_alive = true}),
            "HTTP/1.1 202 Accepted\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 2\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Cache-Control: no-store\r\n"
            "Content-Security-Policy: default-src 'none'\r\n"
            "X-Mine: 1\r\n\r\n");
}

TEST(AnswerBytes, SayWhetherTheConnectionStays) {
  EXPECT_THAT(head_bytes({}, {.keep_alive = false}), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(head_bytes({}, {.keep_alive = true}), Not(HasSubstr("Connection:")));
  EXPECT_THAT(head_bytes({}, {.keep_alive = true, .http_1_0 = true}),
              HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST(AnswerBytes, LetTheHandlerSetAHeaderOnce) {
  const Response response{.headers = {{"cache-control", "max-age=60"}}};
  const std::string head = head_bytes(response, {});
  EXPECT_THAT(head, HasSubstr("cache-control: max-age=60\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("no-store")));
}

TEST(AnswerBytes, HaveNeitherTypeNorLengthWithoutABody) {
  for (const int status : {204, 304}) {
    const std::string head = head_bytes({.status = status}, {});
    EXPECT_THAT(head, Not(HasSubstr("\r\nContent-Length")));
    EXPECT_THAT(head, Not(HasSubstr("\r\nContent-Type")));
  }
}

TEST(AnswerBytes, HaveADateWhateverTheLocale) {
  const std::chrono::system_clock::time_point at{std::chrono::seconds(784111777)};
  EXPECT_THAT(head_bytes({}, {.date = at}),
              HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

TEST(AnswerBytes, RefuseWhatWouldBeMoreThanOneAnswer) {
  const auto sendable = [](Header header) { return is_sendable({.headers = {std::move(header)}}); };
  EXPECT_TRUE(sendable({"Location", "/api/v1/runs/a#1"}));
  EXPECT_FALSE(sendable({"Location", "/a\r\nSet-Cookie: b"}));
  EXPECT_FALSE(sendable({"Location", "/a\nb"}));
  EXPECT_FALSE(sendable({"Location", std::string("/a\0b", 4)}));
  EXPECT_FALSE(sendable({"Loca tion", "/a"}));
  EXPECT_FALSE(sendable({"", "/a"}));
  EXPECT_FALSE(sendable({"content-length", "3"}));
  EXPECT_FALSE(sendable({"Transfer-Encoding", "chunked"}));
  EXPECT_FALSE(is_sendable({.type = "text/html\r\nX: y"}));
  EXPECT_FALSE(is_sendable({.status = 100}));
  EXPECT_FALSE(is_sendable({.status = 600}));
}

TEST(AnswerBytes, FrameThePiecesOfAStream) {
  EXPECT_EQ(chunk_bytes("hello"), "5\r\nhello\r\n");
  EXPECT_EQ(chunk_bytes(std::string(0x1a2b, 'x')).substr(0, 7), "1a2b\r\nx");
}

}  // namespace answer_bytes_test
}  // namespace melisai::http
