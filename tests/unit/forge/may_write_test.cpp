#include <gmock/gmock.h>

#include <ostream>

#include "core/forge/forge.h"
#include "tests/fakes/fake_http_client.h"

namespace melisai::forge {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kToken = "ghp_0123456789abcdef";

Account account(Kind kind) {
  return {.kind = kind,
          .api = kind == Kind::github   ? "https://api.github.com"
                 : kind == Kind::gitlab ? "https://gl.example/api/v4"
                                        : "https://tea.example/api/v1",
          .token = kToken,
          .repository = "team/demo"};
}

HttpAnswer answered(int status, std::string body = "{}", std::vector<HttpField> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

/// What GitHub and Gitea say of the user mona, whose id is 7.
std::string permission(const std::string& word, const std::string& role = "",
                       const std::string& user = R"({"id": 7, "login": "mona"})") {
  const std::string role_name = role.empty() ? "" : R"(, "role_name": ")" + role + "\"";
  return R"({"permission": ")" + word + "\"" + role_name + R"(, "user": )" + user + "}";
}

std::string member(const std::string& level, const std::string& more = "") {
  return R"({"id": 7, "username": "mona", "state": "active", "access_level": )" + level + more +
         "}";
}

class MayWrite : public ::testing::Test {
 protected:
  Result<bool> ask(const Account& who, std::initializer_list<Result<HttpAnswer>> answers,
                   const User& user = {.id = 7, .login = "mona"}) {
    client_.scripted = answers;
    client_.sent.clear();
    waited_.clear();
    return may_write(who, user, client_, interrupt_, [this](Milliseconds time, const Interrupt&) {
      waited_.push_back(time.count());
    });
  }
  Result<bool> ask(Kind kind, std::initializer_list<Result<HttpAnswer>> answers) {
    return ask(account(kind), answers);
  }
  bool is_yes(Kind kind, const std::string& body) {
    const Result<bool> may = ask(kind, {answered(200, body)});
    EXPECT_TRUE(may) << may.error().message << "\n" << body;
    return may && *may;
  }
  /// Never with the token, and never with anything that the server said.
  Error failure(const Account& who, std::initializer_list<Result<HttpAnswer>> answers,
                const User& user = {.id = 7, .login = "mona"}) {
    const Result<bool> may = ask(who, answers, user);
    EXPECT_FALSE(may);
    const Error error = may ? Error{} : may.error();
    EXPECT_THAT(error.message, AllOf(Not(HasSubstr(kToken)), Not(HasSubstr("of the server"))));
    return error;
  }
  Error failure(Kind kind, std::initializer_list<Result<HttpAnswer>> answers) {
    return failure(account(kind), answers);
  }

  FakeHttpClient client_;
  Interrupt interrupt_;
  std::vector<std::int64_t> waited_;
};

TEST_F(MayWrite, AsksGitHubForThePermissionOfALogin) {
  EXPECT_TRUE(is_yes(Kind::github, permission("write", "write")));
  ASSERT_EQ(client_.sent.size(), 1u);
  const HttpCall& call = client_.sent[0];
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.url, "https://api.github.com/repos/team/demo/collaborators/mona/permission");
  EXPECT_THAT(call.headers, ElementsAre(HttpField{"Accept", "application/vnd.github+json"},
                                        HttpField{"X-GitHub-Api-Version", "2022-11-28"}));
  EXPECT_EQ(call.bearer, kToken);
  EXPECT_EQ(call.body, "");
  EXPECT_FALSE(call.allow_private);
  EXPECT_EQ(call.timeout, Milliseconds(10'000));
  EXPECT_EQ(call.answer_max, 256 << 10);
}

TEST_F(MayWrite, AsksGitLabForTheMemberOfAnId) {
  Account who = account(Kind::gitlab);
  who.repository = "group/sub/demo";
  who.ca_file = "/ca.pem";
  who.allow_private = true;
  who.timeout = Milliseconds(3'000);
  EXPECT_TRUE(*ask(who, {answered(200, member("30"))}, {.id = 7, .login = "../../x"}));
  const HttpCall& call = client_.sent.at(0);
  EXPECT_EQ(call.url, "https://gl.example/api/v4/projects/group%2Fsub%2Fdemo/members/all/7");
  EXPECT_EQ(call.bearer, kToken);
  EXPECT_EQ(call.ca_file, "/ca.pem");
  EXPECT_TRUE(call.allow_private);
  EXPECT_EQ(call.timeout, Milliseconds(3'000));
}

TEST_F(MayWrite, AsksGiteaForThePermissionOfALogin) {
  EXPECT_TRUE(is_yes(Kind::gitea, permission("owner", "owner")));
  EXPECT_EQ(client_.sent.at(0).url,
            "https://tea.example/api/v1/repos/team/demo/collaborators/mona/permission");
  EXPECT_THAT(client_.sent.at(0).headers, ElementsAre(HttpField{"Accept", "application/json"}));
}

TEST_F(MayWrite, EncodesTheLoginOfAnApp) {
  EXPECT_TRUE(*ask(account(Kind::github), {answered(200, permission("write"))},
                   {.id = 7, .login = "renovate[bot]"}));
  EXPECT_THAT(client_.sent.at(0).url, HasSubstr("/collaborators/renovate%5Bbot%5D/permission"));
}

struct Role {
  const char* permission;
  const char* role;
  bool writes;
};
void PrintTo(const Role& role, std::ostream* stream) {
  *stream << role.permission << "/" << role.role;
}

class Roles : public MayWrite, public ::testing::WithParamInterface<Role> {};

TEST_P(Roles, DecideWhoMayWrite) {
  for (const Kind kind : {Kind::github, Kind::gitea})
    EXPECT_EQ(is_yes(kind, permission(GetParam().permission, GetParam().role)), GetParam().writes);
}

INSTANTIATE_TEST_SUITE_P(
    , Roles,
    ::testing::Values(Role{"admin", "admin", true}, Role{"admin", "", true},
                      Role{"write", "maintain", true}, Role{"maintain", "maintain", true},
                      Role{"write", "write", true}, Role{"write", "", true},
                      Role{"write", "release-managers", true}, Role{"owner", "owner", true},
                      Role{"read", "triage", false}, Role{"triage", "triage", false},
                      Role{"read", "read", false}, Role{"read", "", false},
                      Role{"read", "admin", false}, Role{"none", "none", false},
                      Role{"none", "", false},
                      // Contradictions are a no.
                      Role{"write", "triage", false}, Role{"admin", "read", false},
                      Role{"write", "none", false}));

TEST_F(MayWrite, GitLabAsksForADeveloperWhoIsActive) {
  for (const char* level : {"30", "40", "50", "60"})
    EXPECT_TRUE(is_yes(Kind::gitlab, member(level))) << level;
  for (const char* level : {"0", "5", "10", "15", "20", "29"})
    EXPECT_FALSE(is_yes(Kind::gitlab, member(level))) << level;
  EXPECT_TRUE(is_yes(Kind::gitlab, member("40", R"(, "membership_state": "active")")));
  for (const char* more : {R"(, "membership_state": "awaiting")", R"(, "membership_state": null)",
                           R"(, "state": "blocked")", R"(, "state": "awaiting")"})
    EXPECT_FALSE(is_yes(Kind::gitlab, member("50", more))) << more;
}

TEST_F(MayWrite, ALoginThatIsSomebodyElsesByNowMayNot) {
  for (const Kind kind : {Kind::github, Kind::gitea}) {
    EXPECT_FALSE(is_yes(kind, permission("admin", "admin", R"({"id": 8, "login": "mona"})")));
    // Renamed, and still the same person.
    EXPECT_TRUE(is_yes(kind, permission("admin", "admin", R"({"id": 7, "login": "lisa"})")));
  }
}

TEST_F(MayWrite, WithoutAnIdTheLoginHasToBeTheSame) {
  const User mona{.id = 0, .login = "mona"};
  for (const auto& [login, same] : {std::pair{"mona", true}, {"MoNa", true}, {"lisa", false}}) {
    const auto may =
        ask(account(Kind::github),
            {answered(200, permission("write", "write",
                                      R"({"id": 8, "login": ")" + std::string(login) + "\"}"))},
            mona);
    ASSERT_TRUE(may) << may.error().message;
    EXPECT_EQ(*may, same) << login;
  }
  EXPECT_EQ(failure(account(Kind::gitlab), {answered(200, member("50"))}, mona).code, Errc::parse);
  EXPECT_THAT(client_.sent, IsEmpty());
}

TEST_F(MayWrite, NobodyIsAskedForWhatIsNoLogin) {
  for (const Kind kind : {Kind::github, Kind::gitea})
    for (const char* login : {"", "..", "../../x", "a/b", "mona?x=1", "mona#", "%2e%2e", "a b",
                              "mona\r\nX-Y: z", "\x1b[31m"}) {
      const Error error =
          failure(account(kind), {answered(200, permission("admin"))}, {.id = 7, .login = login});
      EXPECT_EQ(error.code, Errc::parse) << login;
      EXPECT_THAT(error.message, HasSubstr("is no login of"));
      EXPECT_THAT(error.message, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
      EXPECT_THAT(client_.sent, IsEmpty()) << login;
    }
}

TEST_F(MayWrite, NobodyIsAskedAboutWhatIsNoRepository) {
  for (const Kind kind : {Kind::github, Kind::gitlab, Kind::gitea})
    for (const char* name :
         {"", "demo", "../user", "team/..", "team/demo/", "team/demo?x", "a b/c"}) {
      Account who = account(kind);
      who.repository = name;
      const Error error = failure(who, {answered(200)});
      EXPECT_EQ(error.code, Errc::config) << name;
      EXPECT_THAT(error.message, HasSubstr("write webhook: { repository: owner/name }"));
      EXPECT_THAT(client_.sent, IsEmpty()) << name;
    }
}

TEST_F(MayWrite, NoMemberMayNotWhenTheRepositoryIsSeen) {
  for (const Kind kind : {Kind::github, Kind::gitlab, Kind::gitea}) {
    const auto may = ask(kind, {answered(404), answered(200, R"({"id": 1})")});
    ASSERT_TRUE(may) << may.error().message;
    EXPECT_FALSE(*may);
    ASSERT_EQ(client_.sent.size(), 2u);
    EXPECT_THAT(
        client_.sent[1].url,
        ::testing::EndsWith(kind == Kind::gitlab ? "/projects/team%2Fdemo" : "/repos/team/demo"));
    EXPECT_EQ(client_.sent[1].bearer, kToken);
  }
}

TEST_F(MayWrite, ARepositoryThatTheTokenDoesNotSeeIsNoAnswer) {
  for (const Kind kind : {Kind::github, Kind::gitlab, Kind::gitea}) {
    const Error error = failure(kind, {answered(404), answered(404)});
    EXPECT_EQ(error.code, Errc::config);
    EXPECT_THAT(error.message, AllOf(HasSubstr("does not show 'team/demo' to the token"),
                                     HasSubstr("correct webhook.repository")));
  }
}

TEST_F(MayWrite, SaysWhatIsWrongWithTheToken) {
  const Error unknown = failure(Kind::github, {answered(401, R"({"message": "of the server"})")});
  EXPECT_EQ(unknown.code, Errc::config);
  EXPECT_THAT(unknown.message,
              HasSubstr("GitHub at api.github.com does not accept the token of the project's "
                        "forge; it may have expired: make a new one"));
  const auto refused = [&](Kind kind) {
    const Error error = failure(kind, {answered(403, R"({"message": "of the server"})")});
    EXPECT_EQ(error.code, Errc::config);
    return error.message;
  };
  EXPECT_THAT(refused(Kind::github), AllOf(HasSubstr("'Metadata: read'"), HasSubstr("'repo'")));
  EXPECT_THAT(refused(Kind::gitlab), HasSubstr("'read_api'"));
  EXPECT_THAT(refused(Kind::gitea),
              AllOf(HasSubstr("'read:repository'"), HasSubstr("administrator")));
  EXPECT_THAT(waited_, IsEmpty()) << "asking again does not help";
}

TEST_F(MayWrite, WaitsAsLongAsTheForgeAsks) {
  const auto may = ask(Kind::github, {answered(429, "", {{"retry-after", "7"}}),
                                      answered(200, permission("write"))});
  ASSERT_TRUE(may) << may.error().message;
  EXPECT_TRUE(*may);
  EXPECT_THAT(waited_, ElementsAre(7'000));
}

TEST_F(MayWrite, DoesNotWaitForALongTimeAndSaysForHowLong) {
  const auto message = [&](int status, std::vector<HttpField> headers) {
    const Error error = failure(Kind::github, {answered(status, "", std::move(headers))});
    EXPECT_EQ(error.code, Errc::unavailable);
    EXPECT_THAT(waited_, IsEmpty());
    return error.message;
  };
  EXPECT_THAT(message(429, {{"retry-after", "3600"}}),
              HasSubstr("takes no more requests with this token for 3600 s; ask again later"));
  EXPECT_THAT(message(403, {{"retry-after", "60"}}), HasSubstr("with this token for 60 s;"));
  EXPECT_THAT(message(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1795226861"}}),
              HasSubstr("with this token until 2026-11-21T02:07:41Z;"));
  EXPECT_THAT(message(429, {{"retry-after", "99"}, {"ratelimit-reset", "1795226861"}}),
              HasSubstr("for 99 s;"));
  for (const char* odd :
       {"", "-1", "soon", "99999999999999999999", "4102444800", "9223372036854775807", "1e9"})
    EXPECT_THAT(message(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", odd}}),
                HasSubstr("takes no more requests with this token; ask again later"));
  EXPECT_THAT(message(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "4102444799"}}),
              HasSubstr("until 2099-12-31T23:59:59Z;"));
  const char* sentence = R"({"message": "You have exceeded a secondary rate limit."})";
  EXPECT_EQ(failure(Kind::github, {answered(403, sentence)}).code, Errc::unavailable);
  EXPECT_EQ(failure(Kind::github, {answered(403, "", {{"x-ratelimit-remaining", "12"}})}).code,
            Errc::config)
      << "a refusal that tells how many requests are left";
}

TEST_F(MayWrite, AsksThreeTimesAtMost) {
  for (const int status : {500, 502, 503}) {
    const Error error = failure(Kind::gitea, {answered(status)});
    EXPECT_EQ(error.code, Errc::unavailable);
    EXPECT_THAT(error.message, HasSubstr("Gitea at tea.example is in trouble (status " +
                                         std::to_string(status) + ")"));
    EXPECT_EQ(client_.sent.size(), 3u);
    EXPECT_EQ(waited_.size(), 2u);
  }
  const auto may =
      ask(Kind::gitea, {answered(502), Error{Errc::io, "cut"}, answered(200, permission("write"))});
  ASSERT_TRUE(may);
  EXPECT_TRUE(*may);
}

TEST_F(MayWrite, FollowsNobody) {
  for (const int status : {301, 302, 307, 308}) {
    const Error error = failure(
        Kind::github, {answered(status, "", {{"location", "https://evil.example/of the server"}}),
                       answered(200, permission("admin"))});
    EXPECT_EQ(error.code, Errc::config);
    EXPECT_THAT(error.message,
                AllOf(HasSubstr("correct webhook.repository"), Not(HasSubstr("evil"))));
    EXPECT_EQ(client_.sent.size(), 1u);
  }
}

TEST_F(MayWrite, KnowsNoOtherStatus) {
  for (const int status : {100, 201, 204, 206, 400, 410, 418, 422, 451}) {
    const Error error = failure(Kind::github, {answered(status, permission("admin"))});
    EXPECT_EQ(error.code, Errc::config) << status;
    EXPECT_THAT(error.message, HasSubstr("(status " + std::to_string(status) + ")"));
  }
}

TEST_F(MayWrite, PassesOnWhyThereIsNoAnswer) {
  for (const Errc code :
       {Errc::unavailable, Errc::io, Errc::timeout, Errc::limit, Errc::interrupted}) {
    const Error error = failure(Kind::github, {Error{code, "api.github.com: why"}});
    EXPECT_EQ(error.code, code);
    EXPECT_EQ(error.message, "GitHub: api.github.com: why");
  }
  const Error refused = failure(Kind::github, {Error{Errc::usage, "10.0.0.1: is private"}});
  EXPECT_EQ(refused.code, Errc::config) << "the operator's";
  EXPECT_THAT(refused.message, AllOf(HasSubstr("10.0.0.1: is private; correct forge.api"),
                                     HasSubstr("allow_private: true")));
}

TEST_F(MayWrite, IsInterrupted) {
  interrupt_.request();
  EXPECT_EQ(failure(Kind::github, {answered(503)}).code, Errc::unavailable);
  EXPECT_EQ(client_.sent.size(), 1u);
  EXPECT_THAT(waited_, IsEmpty());
}

class Misshapen : public MayWrite, public ::testing::WithParamInterface<std::string> {};

TEST_P(Misshapen, IsNeitherYesNorNo) {
  for (const Kind kind : {Kind::github, Kind::gitlab, Kind::gitea}) {
    const Error error = failure(kind, {answered(200, GetParam())});
    EXPECT_EQ(error.code, Errc::parse) << error.message;
    EXPECT_THAT(error.message, HasSubstr("is forge.api the address of its API?"));
    EXPECT_EQ(client_.sent.size(), 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , Misshapen,
    ::testing::Values(
        "", "null", "true", "7", "\"write\"", "[]", "{}", "<html>of the server",
        "{\"permission\": \"write\"", permission("of the server"), permission("WRITE"),
        permission(""), permission("write", "", "null"), permission("write", "", "[]"),
        permission("write", "", "{}"), permission("write", "", R"({"login": "mona"})"),
        permission("write", "", R"({"id": "7"})"), permission("write", "", R"({"id": 7.0})"),
        permission("write", "", R"({"id": -7})"), permission("write", "", R"({"id": true})"),
        permission("write", "", R"({"id": 1e400})"), R"({"permission": ["admin"]})",
        R"({"permission": true, "user": {"id": 7}})",
        R"([{"permission": "admin", "user": {"id": 7}}])", member("\"30\""), member("30.0"),
        member("-30"), member("null"), member("[50]"),
        R"({"id": 8, "access_level": 50, "state": "active"})", R"({"id": 7, "access_level": 50})",
        R"({"id": 7, "access_level": 50, "state": 1})",
        R"({"access_level": 50, "state": "active"})",
        R"({"id": "7", "access_level": 50, "state": "active"})",
        R"({"permission": "admin\u0000", "user": {"id": 7}})", std::string(200'000, '['),
        "{\"a\": " + std::string(100'000, '['), std::string("\xff\xfe{}"),
        permission("write", "", R"({"id": 7})") + "x"));

TEST_F(MayWrite, AnIdIsComparedWhole) {
  // 7 + 2^64, which would be 7 in 64 bits.
  EXPECT_EQ(
      failure(Kind::github,
              {answered(200, permission("admin", "admin", R"({"id": 18446744073709551623})"))})
          .code,
      Errc::parse);
  EXPECT_FALSE(
      is_yes(Kind::github, permission("admin", "admin", R"({"id": 18446744073709551615})")));
}

}  // namespace
}  // namespace melisai::forge
