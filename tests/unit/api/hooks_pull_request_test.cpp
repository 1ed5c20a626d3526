// Pull requests as a forge delivers them.
#include "tests/unit/api/hooks_fixture.h"

namespace melisai::api {
namespace hooks_pull_request_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

const std::string kShaC(40, 'c');

class PullRequestHooks : public HooksTest {
 protected:
  PullRequestHooks() {
    context.approval_asked = [this] { ++asked; };
  }
  /// The next delivery about pull request 7 of that repository, at that head.
  Json told(const std::string& action, const std::string& repository = "eve/demo",
            const std::string& sha = kShaB) {
    Json payload = trigger::github_pull_request(action, repository);
    payload["pull_request"]["head"]["sha"] = sha;
    return deliver(payload);
  }
  Json deliver(const Json& payload, const std::string& kind = "pull_request") {
    return body_of(github_delivery(kind, payload.dump(), "d-" + std::to_string(++deliveries)));
  }
  /// Written now.
  Json commented(const std::string& text, WallTime at) {
    Json payload = trigger::github_comment("created", text);
    payload["comment"]["created_at"] = utc_time(at);
    return deliver(payload, "issue_comment");
  }
  Json commented(const std::string& text) { return commented(text, clock.now()); }
  Json labelled(const std::string& added, const std::string& sha = kShaB) {
    Json payload = trigger::github_pull_request("labeled", "eve/demo");
    payload["pull_request"]["head"]["sha"] = sha;
    payload["pull_request"]["updated_at"] = utc_time(clock.now());
    payload["pull_request"]["labels"].push_back({{"name", "melisai-gate:approved"}});
    payload["label"] = {{"name", added}};
    return deliver(payload);
  }
  store::PullRequest known_request() { return queue.pull_request("demo", 7)->value(); }
  std::vector<store::ApprovalRequest> requests() { return queue.asked_approvals().value(); }
  static std::int64_t event_of(const Json& body) {
    return body["event"].is_null() ? 0 : body["event"].get<std::int64_t>();
  }

  int deliveries = 0;
  int asked = 0;
};

TEST_F(PullRequestHooks, OfAForkIsAnEventThatWaits) {
  const Json body = told("opened");
  EXPECT_EQ(body["waits"], true);
  EXPECT_EQ(body["duplicate"], false);
  EXPECT_THAT(events(), IsEmpty());
  const RunEvent event = queue.event(event_of(body)).value();
  EXPECT_EQ(event.kind, RunEvent::Kind::pull_request);
  EXPECT_EQ(event.ref, "refs/pull/7/head");
  EXPECT_EQ(event.sha, kShaB);
  EXPECT_FALSE(event.trusted);
  EXPECT_EQ(event.once, "github demo d-1");
  EXPECT_EQ(event.cause, "pull request 7 for main");
  EXPECT_EQ(event.proposal,
            (Proposal{.number = 7, .base = "refs/heads/main", .author = "ann", .approved_by = ""}));
}

TEST_F(PullRequestHooks, OfTheRepositoryItselfIsTrusted) {
  const Json body = told("opened", "team/demo");
  EXPECT_FALSE(body.contains("waits"));
  ASSERT_THAT(events(), SizeIs(1));
  EXPECT_TRUE(events().front().trusted);
  EXPECT_EQ(known(), kShaA) << "the branch that it is for is where it was";
  EXPECT_EQ(queue.refs("demo")->size(), 1u);
}

TEST_F(PullRequestHooks, OfADeletedForkIsOfAFork) { EXPECT_EQ(told("opened", "")["waits"], true); }

TEST_F(PullRequestHooks, ABranchNamedLikeTheBaseIsNotTheBase) {
  Json payload = trigger::github_pull_request("opened", "eve/demo");
  payload["pull_request"]["head"]["ref"] = "main";
  deliver(payload);
  EXPECT_EQ(known_request().ref, "refs/pull/7/head");
  EXPECT_EQ(known(), kShaA);
}

TEST_F(PullRequestHooks, EachHeadIsOneEvent) {
  EXPECT_NE(event_of(told("opened")), 0);
  EXPECT_EQ(told("opened")["duplicate"], true) << "another delivery of the same";
  EXPECT_EQ(told("unlabeled")["duplicate"], true);
  EXPECT_NE(event_of(told("synchronize", "eve/demo", kShaC)), 0);
  EXPECT_EQ(known_request().sha, kShaC);
  Json retargeted = trigger::github_pull_request("edited", "eve/demo");
  retargeted["pull_request"]["head"]["sha"] = kShaC;
  retargeted["pull_request"]["base"]["ref"] = "topic/x";
  retargeted["changes"] = {{"base", {{"ref", {{"from", "main"}}}}}};
  EXPECT_NE(event_of(deliver(retargeted)), 0);
  EXPECT_EQ(known_request().base, "refs/heads/topic/x");
}

TEST_F(PullRequestHooks, AHeadThatNobodyToldBeforeIsTakenFromAnyDelivery) {
  EXPECT_NE(event_of(told("unlabeled")), 0);
  EXPECT_TRUE(known_request().waits);
}

TEST_F(PullRequestHooks, ClosedOnesEndWhatWaitsAndReopenedOnesAreNews) {
  const std::int64_t first = event_of(told("opened"));
  EXPECT_EQ(ignored(told("closed")), "what is closed starts nothing");
  EXPECT_FALSE(known_request().open);
  const std::int64_t second = event_of(told("reopened"));
  EXPECT_GT(second, first);
  EXPECT_TRUE(known_request().waits);
}

TEST_F(PullRequestHooks, TheProjectSaysWhichRun) {
  config.projects[0].pull_requests.run = PullRequestOptions::Run::same_repository;
  EXPECT_EQ(ignored(told("opened")), "pull requests of forks are not run here");
  EXPECT_NE(event_of(told("opened", "team/demo")), 0);
  config.projects[0].pull_requests.run = PullRequestOptions::Run::none;
  EXPECT_EQ(ignored(told("synchronize", "team/demo", kShaC)), "pull requests are not run here");
}

TEST_F(PullRequestHooks, OnlyForBranchesThatTheProjectRuns) {
  told("opened");
  Json payload = trigger::github_pull_request("edited", "eve/demo");
  payload["pull_request"]["base"]["ref"] = "weak";
  payload["changes"] = {{"base", {{"ref", {{"from", "main"}}}}}};
  EXPECT_THAT(ignored(deliver(payload)), HasSubstr("'refs/heads/weak' is none of the branches"));
  EXPECT_FALSE(known_request().waits) << "what waited was for another branch";
}

TEST_F(PullRequestHooks, OfGitlabHaveARefOfTheirOwn) {
  http::Request request{.method = "POST",
                        .target = "",
                        .path = "/hooks/gitlab/demo",
                        .query = {},
                        .headers = {{"Content-Type", "application/json"},
                                    {"X-Gitlab-Event", "Merge Request Hook"},
                                    {"X-Gitlab-Token", kSecret}},
                        .body = trigger::gitlab_merge_request("open", "eve/demo").dump(),
                        .peer = ""};
  EXPECT_EQ(body_of(request)["waits"], true);
  EXPECT_EQ(known_request().ref, "refs/merge-requests/7/head");
  EXPECT_EQ(known_request().author, "user 41") << "GitLab says no more of who did not send it";
}

TEST_F(PullRequestHooks, ACommentAsksForAnApprovalAndIsNone) {
  told("opened");
  const Json body = commented("/melisai-gate approve " + kShaB.substr(0, 12));
  EXPECT_EQ(body["asked"], true);
  EXPECT_EQ(asked, 1);
  ASSERT_THAT(requests(), SizeIs(1));
  EXPECT_EQ(requests()[0].approval.sha, kShaB) << "whole";
  EXPECT_EQ(requests()[0].login, "bob");
  EXPECT_EQ(requests()[0].user_id, 42);
  EXPECT_EQ(requests()[0].via, "comment");
  EXPECT_TRUE(known_request().waits);
}

TEST_F(PullRequestHooks, TheSameCommentAsksOnce) {
  told("opened");
  Json payload = trigger::github_comment("created", "/melisai-gate approve " + kShaB);
  for (int i = 0; i < 3; ++i) body_of(github_delivery("issue_comment", payload.dump(), "c-1"));
  EXPECT_THAT(requests(), SizeIs(1));
  EXPECT_EQ(asked, 1);
}

TEST_F(PullRequestHooks, ACommentForAnotherHeadAsksForNothing) {
  told("opened");
  EXPECT_THAT(ignored(commented("/melisai-gate approve " + kShaC)), HasSubstr("its head is"));
  EXPECT_THAT(ignored(commented("/melisai-gate approve abc")), HasSubstr("12 hex digits"));
  EXPECT_EQ(ignored(commented("well done")), "a comment without a command");
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(PullRequestHooks, ACommentThatNamesNoHeadIsForOneThatCouldBeRead) {
  told("opened");
  clock.advance(59s);
  EXPECT_THAT(ignored(commented("/melisai-gate approve")), HasSubstr("name it"));
  clock.advance(1s);
  const WallTime written = clock.now();
  clock.advance(1h);
  EXPECT_EQ(commented("/melisai-gate approve", written)["asked"], true);
  EXPECT_EQ(requests().at(0).approval.sha, kShaB);
}

TEST_F(PullRequestHooks, ALateCommentIsNotForTheHeadThatCameAfterIt) {
  told("opened");
  clock.advance(10min);
  const WallTime written = clock.now();
  told("synchronize", "eve/demo", kShaC);
  clock.advance(10min);
  EXPECT_THAT(ignored(commented("/melisai-gate approve", written)), HasSubstr("name it"));
}

TEST_F(PullRequestHooks, WhatDoesNotWaitNeedsNoApproval) {
  told("opened", "team/demo");
  EXPECT_EQ(ignored(commented("/melisai-gate approve " + kShaB)), "it does not wait for approval");
  EXPECT_EQ(commented("/melisai-gate retry " + kShaB)["asked"], true);
  Json unknown = trigger::github_comment("created", "/melisai-gate retry " + kShaB);
  unknown["issue"]["number"] = 8;
  EXPECT_EQ(ignored(deliver(unknown, "issue_comment")), "pull request 8 is not known here");
}

TEST_F(PullRequestHooks, ALabelAsksWhenItIsAddedToAHeadThatCouldBeRead) {
  told("opened");
  EXPECT_THAT(ignored(labelled("melisai-gate:approved")), HasSubstr("name it"));
  clock.advance(1min);
  EXPECT_EQ(labelled("perf")["duplicate"], true) << "the label lay there already";
  EXPECT_THAT(requests(), IsEmpty());
  EXPECT_EQ(labelled("melisai-gate:approved")["asked"], true);
  ASSERT_THAT(requests(), SizeIs(1));
  EXPECT_EQ(requests()[0].via, "label");
  EXPECT_EQ(requests()[0].login, "bob") << "who added it";
}

TEST_F(PullRequestHooks, ALabelOnAnotherHeadAsksForNothing) {
  told("opened");
  clock.advance(1min);
  const Json body = labelled("melisai-gate:approved", kShaC);
  EXPECT_EQ(body["waits"], true) << "it tells of a new head, which waits";
  EXPECT_THAT(requests(), IsEmpty());
  EXPECT_EQ(known_request().sha, kShaC);
}

TEST_F(PullRequestHooks, ALabelApprovesNothingWhereNoneIsConfigured) {
  config.projects[0].pull_requests.approval_label = "";
  told("opened");
  clock.advance(1min);
  labelled("");
  labelled("melisai-gate:approved");
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(PullRequestHooks, StrangersCannotFillTheQueueWithQuestions) {
  told("opened");
  const auto ask_as = [&](const std::string& login) {
    Json payload = trigger::github_comment("created", "/melisai-gate approve " + kShaB);
    payload["comment"]["user"]["login"] = login;
    return deliver(payload, "issue_comment").contains("asked");
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask_as("eve"));
  EXPECT_FALSE(ask_as("eve"));
  EXPECT_TRUE(ask_as("wen")) << "others still may";
  for (int i = 0; i < 46; ++i) EXPECT_TRUE(ask_as("eve" + std::to_string(i))) << i;
  EXPECT_FALSE(ask_as("one-more"));
  EXPECT_THAT(requests(), SizeIs(50));
}

}  // namespace hooks_pull_request_test
}  // namespace melisai::api
