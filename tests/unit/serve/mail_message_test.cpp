#include "core/serve/mail_message.h"

#include <sstream>

#include "tests/unit/serve/notice_fixture.h"

namespace melisai::serve {
namespace mail_message_test {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const EmailOptions kEmail{.host = "mail", .from = "gate@example.org", .to = {"a@b", "c@d"}};

std::vector<std::string> lines_of(const std::string& message) {
  std::vector<std::string> lines;
  std::istringstream text(message);
  for (std::string line; std::getline(text, line);) {
    EXPECT_TRUE(line.ends_with('\r')) << line;
    line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

TEST(MailMessage, HasTheHeadersThatMailNeeds) {
  const std::string message = mail_message(failure_notice(), kEmail);
  EXPECT_THAT(
      message,
      AllOf(HasSubstr("From: gate@example.org\r\nTo: a@b,\r\n c@d\r\nSubject: [melisai-gate] "
                      "error: demo/build#3 failed on main: exit code 1\r\n"),
            HasSubstr("Date: Sat, 21 Nov 2026 02:00:00 +0000\r\n"),
            HasSubstr("Message-ID: <notice-7-1795226400000.melisai-gate@example.org>\r\n"),
            HasSubstr("Auto-Submitted: auto-generated\r\n")));
}

TEST(MailMessage, AStrangerCannotAddAHeader) {
  Notice notice = failure_notice();
  notice.run.ref = "refs/heads/x\r\nBcc: victim@example.org\r\n\r\nbody";
  notice.reason = "y\nBcc: victim@example.org";
  for (const std::string& line : lines_of(mail_message(notice, kEmail)))
    EXPECT_FALSE(line.starts_with("Bcc")) << line;
}

TEST(MailMessage, NoLineIsTooLong) {
  Notice notice = failure_notice();
  notice.reason = std::string(5'000, 'x');
  notice.run.reason = std::string(100'000, 'y');
  EXPECT_THAT(lines_of(mail_message(notice, kEmail)), Each(SizeIs(::testing::Le(300u))));
  notice.reason.clear();
  for (int i = 0; i < 1'000; ++i) notice.reason += "ü";
  EXPECT_THAT(lines_of(mail_message(notice, kEmail)), Each(SizeIs(::testing::Le(78u))));
}

TEST(MailMessage, HeadersAreAsciiInEveryLanguage) {
  EXPECT_EQ(header_text("plain"), "plain");
  EXPECT_EQ(header_text("über"), "=?UTF-8?B?w7xiZXI=?=");
  EXPECT_EQ(header_text("=?UTF-8?B?QmNj?="), "=?UTF-8?B?PT9VVEYtOD9CP1FtTmo/PQ==?=")
      << "what only looks encoded is shown as it is";
  std::string long_text;
  for (int i = 0; i < 30; ++i) long_text += "ü";
  EXPECT_THAT(header_text(long_text), HasSubstr("?=\r\n =?UTF-8?B?"));
}

TEST(Base64, IsThatOfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

}  // namespace mail_message_test
}  // namespace melisai::serve
