// Pull requests of forks, shown and approved.
#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace pull_requests_test {

const std::string kOther(40, 'b');

class PullRequestsTest : public ApiTest {
 protected:
  std::int64_t propose(const std::string& sha = kSha, bool trusted = false,
                       std::int64_t number = 7) {
    RunEvent event;
    event.kind = RunEvent::Kind::pull_request;
    event.project = "demo";
    event.ref = "refs/pull/" + std::to_string(number) + "/head";
    event.sha = sha;
    event.trusted = trusted;
    event.received_at = clock.now();
    event.proposal =
        Proposal{.number = number, .base = "refs/heads/main", .author = "ann", .approved_by = ""};
    return queue.accept(event)->event;
  }
  static Asked approve(const std::string& commit,
                       const std::string& where = "/api/v1/pull_requests/demo/7/approve") {
    return {.method = "POST", .target = where, .body = Json_{{"commit", commit}}.dump()};
  }
  Json_ listed(const std::string& query = "") {
    return json({.target = "/api/v1/pull_requests" + query, .token = "read"})["pull_requests"];
  }
};

TEST_F(PullRequestsTest, AreCountedWhileTheyWait) {
  const auto metric = [this](const std::string& line) {
    const http::Response scraped = ask({.target = "/metrics", .token = "read"});
    return scraped.body.find("\n" + line + "\n") != std::string::npos;
  };
  EXPECT_TRUE(metric("melisai_approvals_waiting 0"));
  propose();
  propose(kOther, true, 8);
  EXPECT_TRUE(metric("melisai_approvals_waiting 1"));
  EXPECT_TRUE(metric("melisai_events_waiting 1")) << "what waits for approval waits for people";
  ASSERT_EQ(status(approve(kSha)), 200);
  EXPECT_TRUE(metric("melisai_approvals_waiting 0"));
  EXPECT_TRUE(metric("melisai_events_waiting 2"));
}

TEST_F(PullRequestsTest, ShowWhatWaits) {
  const std::int64_t event = propose();
  propose(kOther, true, 8);
  EXPECT_EQ(listed().size(), 2u);
  const Json_ waiting = listed("?waits=true&project=demo");
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0], Json_({{"project", "demo"},
                               {"number", 7},
                               {"ref", "refs/pull/7/head"},
                               {"commit", kSha},
                               {"base", "refs/heads/main"},
                               {"author", "ann"},
                               {"trusted", false},
                               {"open", true},
                               {"waits", true},
                               {"since", utc_time_ms(clock.now())},
                               {"event", event},
                               {"approved_by", nullptr}}));
  EXPECT_EQ(listed("?project=other").size(), 0u);
  EXPECT_EQ(listed("?limit=1").size(), 1u);
  EXPECT_EQ(status({.target = "/api/v1/pull_requests?waits=yes"}), 400);
  EXPECT_EQ(json({.target = "/api/v1/triggers/" + std::to_string(event)})["reason"],
            "waits for approval");
}

TEST_F(PullRequestsTest, AnAdminApprovesOneHead) {
  const std::int64_t event = propose();
  EXPECT_EQ(json(approve(kSha)), Json_({{"event", event}, {"already", false}}));
  EXPECT_EQ(listed()[0]["approved_by"], "token admin");
  EXPECT_EQ(json(approve(kSha)), Json_({{"event", event}, {"already", true}}));
  propose(kOther);
  EXPECT_THAT(json(approve(kSha), 409)["detail"].get<std::string>(), HasSubstr(kOther));
  EXPECT_EQ(listed("?waits=true").size(), 1u);
}

TEST_F(PullRequestsTest, NobodyElseDoes) {
  propose();
  for (const char* const token : {"read", "trigger"}) {
    Asked asked = approve(kSha);
    asked.token = token;
    EXPECT_EQ(status(asked), 403) << token;
  }
  EXPECT_EQ(listed("?waits=true").size(), 1u);
}

TEST_F(PullRequestsTest, AHeadIsNamedWhole) {
  propose();
  for (const std::string& commit : {std::string(), kSha.substr(0, 39), kSha + "a",
                                    std::string(40, 'A'), std::string("refs/pull/7/head")})
    EXPECT_EQ(status(approve(commit)), 400) << commit;
  EXPECT_EQ(status(approve(kSha, "/api/v1/pull_requests/demo/8/approve")), 404);
  EXPECT_EQ(status(approve(kSha, "/api/v1/pull_requests/other/7/approve")), 404);
  EXPECT_EQ(status(approve(kSha, "/api/v1/pull_requests/demo/x/approve")), 404);
  Asked typed = approve(kSha);
  typed.type = "text/plain";
  EXPECT_EQ(status(typed), 415);
  typed = approve(std::string(70'000, 'a'));
  EXPECT_EQ(status(typed), 413);
}

TEST_F(PullRequestsTest, ARunOfOneIsRunAgainAsOne) {
  const std::int64_t event = propose();
  ASSERT_EQ(status(approve(kSha)), 200);
  const auto planned = queue.plan(event,
                                  {.ref = "refs/pull/7/head",
                                   .sha = kSha,
                                   .before = kOther,
                                   .configuration = "{}",
                                   .runs = {{.pipeline = "build", .after = {}}}},
                                  clock.now());
  const std::int64_t run = planned.value()->runs.front().id;
  end(begin(run));
  const Json_ again =
      json({.method = "POST", .target = "/api/v1/runs/" + std::to_string(run) + "/retry"}, 202);
  const RunEvent made = queue.event(again["event"].get<std::int64_t>()).value();
  EXPECT_FALSE(made.trusted);
  ASSERT_TRUE(made.proposal) << "its pipelines are still those of the base";
  EXPECT_EQ(made.proposal->base, "refs/heads/main");
  EXPECT_EQ(made.proposal->approved_by, "token admin");
}

}  // namespace pull_requests_test
}  // namespace melisai::api
