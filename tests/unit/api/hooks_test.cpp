#include "core/api/hooks.h"

#include "tests/unit/api/hooks_fixture.h"

namespace melisai::api {
namespace hooks_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kPush = github_push(kShaA, kShaB).dump();

TEST_F(HooksTest, APushIsOneEventOnDiskWhenItIsAcknowledged) {
  const Json body = body_of(github_delivery("push", kPush));
  EXPECT_EQ(body["duplicate"], false);
  EXPECT_FALSE(body.contains("ignored"));
  const RunEvent event = queue.event(body["event"].get<std::int64_t>()).value();
  EXPECT_EQ(event.kind, RunEvent::Kind::push);
  EXPECT_EQ(event.project, "demo");
  EXPECT_EQ(event.ref, kMainRef);
  EXPECT_EQ(event.before, kShaA);
  EXPECT_EQ(event.sha, kShaB);
  EXPECT_EQ(event.cause, "push to main");
  EXPECT_EQ(event.once, "github demo d-1");
  EXPECT_TRUE(event.trusted);
  EXPECT_EQ(event.received_at, clock.now());
  EXPECT_EQ(known(), kShaB);
}

TEST_F(HooksTest, WhatIsNotSignedIsRefused) {
  const std::string right = "sha256=" + trigger::hmac_sha256(kSecret, kPush);
  for (const std::string& wrong : {"sha256=" + trigger::hmac_sha256("x", kPush),
                                   std::string("sha256="), std::string(), right + "0"}) {
    http::Request request = github_delivery("push", kPush);
    header_of(request, "x-hub-signature-256") = wrong;
    EXPECT_EQ(status_of(request), 401) << wrong;
  }
  http::Request request = github_delivery("push", kPush);
  request.headers.push_back({"X-Hub-Signature-256", right});
  EXPECT_EQ(status_of(request), 401) << "twice";
  request.headers.erase(request.headers.end() - 2, request.headers.end());
  EXPECT_EQ(status_of(request), 401) << "missing";
  request = github_delivery("push", kPush);
  request.body.back() = ' ';
  EXPECT_EQ(status_of(request), 401) << "changed";
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(HooksTest, NothingTellsWhichHooksThereAre) {
  http::Request wrong = github_delivery("push", kPush);
  header_of(wrong, "x-hub-signature-256") = "sha256=" + std::string(64, '0');
  const http::Response refused = answer(wrong);
  EXPECT_EQ(refused.status, 401);
  for (const std::string name : {"mute", "nobody", "Demo", "demo%00", "..."}) {
    http::Request other = github_delivery("push", kPush);
    other.path = "/hooks/github/" + name;
    const http::Response response = answer(other);
    EXPECT_EQ(response.status, 401) << name;
    EXPECT_EQ(response.body, refused.body);
    EXPECT_EQ(response.headers, refused.headers);
  }
}

TEST_F(HooksTest, SizeMethodAndTypeComeBeforeTheSignature) {
  http::Request request = github_delivery("push", kPush);
  header_of(request, "x-hub-signature-256") = "";
  request.method = "GET";
  const http::Response response = answer(request);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers, (std::vector<http::Header>{{"Allow", "POST"}}));
  request.method = "POST";
  for (const std::string type : {"", "text/plain", "application/jsonx", "multipart/form-data"}) {
    header_of(request, "content-type") = type;
    EXPECT_EQ(status_of(request), 415) << type;
  }
  request.method = "PUT";
  context.body_max = kPush.size() - 1;
  EXPECT_EQ(status_of(request), 413);
}

TEST_F(HooksTest, TheSizeThatIsAllowedIs) {
  context.body_max = kPush.size();
  EXPECT_EQ(status_of(github_delivery("push", kPush)), 202);
}

TEST_F(HooksTest, OtherAddressesAreNoHooks) {
  for (const std::string path :
       {"/hooks", "/hooks/", "/hooks/github", "/hooks/github/", "/hooks/bitbucket/demo",
        "/hooks/github/demo/x", "/hooksgithub/"}) {
    http::Request request = github_delivery("push", kPush);
    request.path = path;
    EXPECT_EQ(status_of(request), 404) << path;
  }
}

TEST_F(HooksTest, TheTypeMayHaveParametersAndAnyCase) {
  http::Request request = github_delivery("push", kPush);
  header_of(request, "content-type") = "Application/JSON ; charset=utf-8";
  EXPECT_EQ(status_of(request), 202);
  request.headers.push_back({"Content-Type", "application/json"});
  EXPECT_EQ(status_of(request), 415) << "two";
}

TEST_F(HooksTest, FormsOfGithubAreSignedAsTheyAre) {
  const std::string body = "payload=" + trigger::url_encoded(kPush);
  http::Request request = github_delivery("push", body);
  header_of(request, "content-type") = "application/x-www-form-urlencoded";
  EXPECT_NE(body_of(request)["event"], nullptr);
  request.path = "/hooks/gitlab/demo";
  EXPECT_EQ(status_of(request), 415);
  http::Request empty = github_delivery("push", "payload");
  header_of(empty, "content-type") = "application/x-www-form-urlencoded";
  EXPECT_EQ(status_of(empty), 422);
}

TEST_F(HooksTest, PayloadsThatCannotBeReadAreRefused) {
  for (const std::string body : {"", "{", "[]", "{}", R"({"ref": 7})"})
    EXPECT_EQ(status_of(github_delivery("push", body)), 422) << body;
  EXPECT_EQ(status_of(github_delivery("", kPush)), 422);
  EXPECT_EQ(status_of(github_delivery("push", kPush, "")), 422) << "no id";
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(HooksTest, OfAnotherRepositoryNothingIsTaken) {
  Json other = github_push(kShaA, kShaB);
  other["repository"] = trigger::github_repository("eve/demo");
  for (const char* kind : {"push", "star"}) {
    const Json body = body_of(github_delivery(kind, other.dump(), ""));
    EXPECT_EQ(body["event"], nullptr);
    EXPECT_EQ(ignored(body), "it is about 'eve/demo', this hook is for 'team/demo'");
  }
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_EQ(known(), kShaA);
  // The same by its address, which a redirect has renamed.
  other["repository"]["clone_url"] = "https://forge.example/team/demo.git";
  EXPECT_EQ(status_of(github_delivery("push", other.dump())), 202);
  EXPECT_THAT(events(), SizeIs(1));
}

TEST_F(HooksTest, WhatIsSignedAndStartsNothingIsAcknowledged) {
  const auto reason = [&](const std::string& kind, const Json& payload) {
    const Json body = body_of(github_delivery(kind, payload.dump()));
    EXPECT_EQ(body["event"], nullptr);
    return ignored(body);
  };
  EXPECT_EQ(reason("ping", {{"zen", "x"}}), "a ping");
  EXPECT_EQ(reason("star", Json::object()), "nothing runs on events of kind 'star'");
  EXPECT_EQ(reason("pull_request", trigger::github_pull_request("closed", "eve/demo")),
            "what is closed starts nothing");
  EXPECT_EQ(reason("issue_comment", trigger::github_comment("created", "/melisai approve")),
            "a comment without a command");
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(HooksTest, GitlabAndGiteaHaveHooksOfTheirOwn) {
  http::Request request{.method = "POST",
                        .target = "",
                        .path = "/hooks/gitlab/demo",
                        .query = {},
                        .headers = {{"Content-Type", "application/json"},
                                    {"X-Gitlab-Event", "Push Hook"},
                                    {"X-Gitlab-Token", kSecret}},
                        .body = trigger::gitlab_push(kShaA, kShaB).dump(),
                        .peer = ""};
  EXPECT_NE(body_of(request)["event"], nullptr);
  EXPECT_EQ(body_of(request)["duplicate"], true) << "without an id by the state of the branch";
  request = github_delivery("push", github_push(kShaB, kShaA).dump(), "x");
  request.path = "/hooks/gitea/demo";
  request.headers.push_back({"X-Gitea-Event", "push"});
  request.headers.push_back({"X-Gitea-Delivery", "x"});
  EXPECT_NE(body_of(request)["event"], nullptr);
  ASSERT_THAT(events(), SizeIs(2));
  EXPECT_EQ(events().back().once, "gitea demo x");
}

TEST_F(HooksTest, WhatCannotBeStoredIsNotAcknowledged) {
  context.accept = [](const RunEvent&) { return Error{Errc::disk_full, "no space left"}; };
  const http::Response response = answer(github_delivery("push", kPush));
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, Not(HasSubstr("no space")));
}

}  // namespace hooks_test
}  // namespace melisai::api
