// may_write() through melisai-gate-https and a real web server.
#include "core/forge/forge.h"

#include <gmock/gmock.h>

#include "tests/e2e/support/sandbox.h"
#include "tests/e2e/support/web_server.h"

namespace melisai::e2e {
namespace forge_test {

using forge::Kind;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kToken = "ghp_0123456789abcdef";
constexpr const char* kYes =
    R"({"permission": "write", "role_name": "write", "user": {"id": 7, "login": "mona"}})";

class AskedForge : public ::testing::Test {
 protected:
  std::string root() const { return directory_.path(); }
  forge::Account account(const std::string& api) const {
    return {.kind = Kind::github,
            .api = api,
            .token = kToken,
            .repository = "team/demo",
            .allow_private = true,
            .timeout = Milliseconds(5'000)};
  }
  Result<bool> ask(const forge::Account& account, const forge::User& user = {7, "mona"}) {
    const auto client = make_http_client(MELISAI_BIN_DIR "/melisai-gate-https");
    return forge::may_write(account, user, *client, interrupt_,
                            [](Milliseconds, const Interrupt&) {});
  }
  Error failure(const forge::Account& account) {
    const Result<bool> may = ask(account);
    EXPECT_FALSE(may) << account.api;
    const Error error = may ? Error{} : may.error();
    EXPECT_THAT(error.message, Not(HasSubstr(kToken)));
    return error;
  }
  Interrupt interrupt_;

 private:
  TemporaryDirectory directory_{*TemporaryDirectory::make(::testing::TempDir(), "forge-")};
};

TEST_F(AskedForge, SaysWhoMayWrite) {
  const WebServer server(root());
  server.answers(kYes);
  const auto may = ask(account(server.url("")));
  ASSERT_TRUE(may) << may.error().message;
  EXPECT_TRUE(*may);
  EXPECT_THAT(server.request(1),
              AllOf(HasSubstr("GET /repos/team/demo/collaborators/mona/permission HTTP"),
                    HasSubstr("Accept: application/vnd.github+json\n"),
                    HasSubstr("X-GitHub-Api-Version: 2022-11-28\n"),
                    HasSubstr("Authorization: Bearer " + std::string(kToken) + "\n")));
  server.answers(R"({"permission": "read", "user": {"id": 7, "login": "mona"}})");
  const auto reader = ask(account(server.url("")));
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_FALSE(*reader);
}

TEST_F(AskedForge, IsBelievedByItsCertificate) {
  ASSERT_TRUE(make_certificate(root()));
  const WebServer server(root(), WebServer::Tls::on);
  server.answers(R"({"id": 7, "access_level": 40, "state": "active"})");
  forge::Account who = account(server.url("/api/v4"));
  who.kind = Kind::gitlab;
  EXPECT_EQ(failure(who).code, Errc::unavailable);
  EXPECT_EQ(server.request(1), "");
  who.ca_file = root() + "/cert.pem";
  const auto may = ask(who);
  ASSERT_TRUE(may) << may.error().message;
  EXPECT_TRUE(*may);
  // The name stays one part of the path on its way.
  EXPECT_THAT(server.request(1), HasSubstr("GET /api/v4/projects/team%2Fdemo/members/all/7 HTTP"));
}

TEST_F(AskedForge, SendsItsTokenToNobodyElse) {
  const WebServer other(root());
  other.answers(kYes);
  const TemporaryDirectory beside = *TemporaryDirectory::make(::testing::TempDir(), "redirect-");
  const WebServer server(beside.path());
  const Error error = failure(account(server.url("/to?" + other.url(""))));
  EXPECT_EQ(error.code, Errc::config);
  EXPECT_THAT(error.message, HasSubstr("correct webhook.repository"));
  EXPECT_EQ(other.request(1), "");
}

TEST_F(AskedForge, HasNoEndlessAnswersAndNoEndlessPatience) {
  const WebServer server(root());
  EXPECT_EQ(failure(account(server.url("/large/300000"))).code, Errc::limit);
  EXPECT_EQ(failure(account(server.url("/headers/80000"))).code, Errc::limit);
  EXPECT_EQ(failure(account(server.url("/cut"))).code, Errc::io);
  forge::Account slow = account(server.url("/silent"));
  slow.timeout = Milliseconds(200);
  EXPECT_EQ(failure(slow).code, Errc::timeout);
}

TEST_F(AskedForge, SaysWhatIsWrong) {
  const WebServer server(root());
  const auto said = [&](const std::string& status) {
    return failure(account(server.url("/status/" + status))).message;
  };
  EXPECT_THAT(said("401"), HasSubstr("does not accept the token"));
  EXPECT_THAT(said("403"), HasSubstr("refuses the token"));
  EXPECT_THAT(said("404"), HasSubstr("does not show 'team/demo'"));
  EXPECT_THAT(said("503"), HasSubstr("is in trouble (status 503)"));
  EXPECT_THAT(failure(account(server.url(""))).message, HasSubstr("answers with no permission"));
}

TEST_F(AskedForge, IsNotReachedByALoginThatIsNone) {
  const WebServer server(root());
  server.answers(kYes);
  for (const char* login : {"../../../user", "..", "mona/../../x", "%2e%2e%2f%2e%2e"}) {
    const auto may = ask(account(server.url("")), {7, login});
    ASSERT_FALSE(may) << login;
    EXPECT_EQ(may.error().code, Errc::parse);
  }
  EXPECT_EQ(server.request(1), "");
}

// What `api` may be is the operator's; a name in it may stand for any address all the same.
class ApiElsewhere : public AskedForge, public ::testing::WithParamInterface<const char*> {};

TEST_P(ApiElsewhere, IsReachedWithPermissionOnly) {
  const WebServer server(root());
  server.answers(kYes);
  std::string api = GetParam();
  if (const std::size_t place = api.find("PORT"); place != std::string::npos)
    api.replace(place, 4, server.port());
  forge::Account who = account(api);
  who.allow_private = false;
  const Error error = failure(who);
  EXPECT_EQ(error.code, Errc::config) << error.message;
  EXPECT_THAT(error.message, AllOf(HasSubstr("correct forge.api"), HasSubstr("allow_private")));
  EXPECT_EQ(server.request(1), "");
}

INSTANTIATE_TEST_SUITE_P(
    Forge, ApiElsewhere,
    ::testing::Values("http://127.0.0.1:PORT", "https://127.0.0.1:PORT", "http://0x7f.1:PORT",
                      "http://2130706433:PORT", "http://0177.0.0.1:PORT", "http://127.1:PORT",
                      "http://localhost:PORT", "http://[::ffff:127.0.0.1]:PORT",
                      "http://[::1]:PORT", "http://0.0.0.0:PORT", "https://169.254.169.254",
                      "https://10.0.0.1", "https://[fd00::1]", "https://100.64.0.1",
                      "https://github.com@127.0.0.1:PORT", "https://u:p@127.0.0.1:PORT",
                      "file:///etc/passwd", "gopher://127.0.0.1:PORT", "ftp://127.0.0.1:PORT",
                      "127.0.0.1:PORT"));

// Nothing allows these: a token in the clear, or in a local file's name.
class ApiNowhere : public AskedForge, public ::testing::WithParamInterface<const char*> {};

TEST_P(ApiNowhere, IsReachedByNobody) {
  const Error error = failure(account(GetParam()));
  EXPECT_EQ(error.code, Errc::config) << error.message;
}

INSTANTIATE_TEST_SUITE_P(Forge, ApiNowhere,
                         ::testing::Values("http://10.0.0.1", "http://169.254.169.254",
                                           "http://1.1.1.1", "file:///etc/passwd",
                                           "gopher://127.0.0.1:1", "https://u:p@10.0.0.1", "",
                                           "/api/v4"));

}  // namespace forge_test
}  // namespace melisai::e2e
