// One comment, one verdict, whatever the forge does in between.
#include "core/publish/publish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/fakes/fake_clock.h"
#include "tests/unit/model/report_fixtures.h"
#include "tests/unit/publish/fake_forge.h"

namespace melisai::publish {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeForge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kToken = "ghs_0123456789abcdef";
const std::string kMarker = "<!-- melisai-gate:default -->";

HttpAnswer answered(int status, std::vector<HttpField> headers = {}, std::string body = "{}") {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

class Publish : public ::testing::Test {
 protected:
  Outcome put(const Report& report = fixtures::regression_report(),
              Milliseconds deadline = kDeadline) {
    const Content content = content_of(report, {}, FailOn::regression);
    const Outside outside{.client = forge_,
                          .clock = clock_,
                          .interrupt = interrupt_,
                          .wait = [this](Milliseconds time, const Interrupt&) {
                            waited_.push_back(time.count());
                            clock_.advance(time);
                          }};
    Outcome outcome = publish(account_, place_, content, outside, deadline);
    for (const Error& error : outcome.failed) EXPECT_THAT(error.message, Not(HasSubstr(kToken)));
    for (const HttpCall& call : forge_.sent) {
      EXPECT_THAT(call.url, StartsWith(forge_.api + "/"));
      EXPECT_THAT(call.url + call.body, Not(HasSubstr(kToken)));
      EXPECT_EQ(call.bearer, kToken);
    }
    return outcome;
  }
  std::string ours() const { return forge_.comments.back()["body"]; }

  FakeForge forge_;
  FakeClock clock_;
  Interrupt interrupt_;
  std::vector<std::int64_t> waited_;
  forge::Account account_{
      .api = "https://api.github.com", .token = kToken, .repository = "team/demo"};
  Place place_{.sha = std::string(40, 'a'), .pull_requests = {7}};
};

TEST_F(Publish, MakesACommentAndACheckRun) {
  const Outcome outcome = put();
  EXPECT_THAT(outcome.failed, IsEmpty());
  EXPECT_THAT(outcome.done, ElementsAre("check run made with 1 annotation", "comment on #7 made"));
  ASSERT_THAT(forge_.comments, SizeIs(1));
  EXPECT_THAT(ours(), StartsWith(kMarker + "\n### REGRESSION: 2 of 4"));
  ASSERT_THAT(forge_.checks, SizeIs(1));
  EXPECT_EQ(forge_.checks[0]["conclusion"], "failure");
  EXPECT_EQ(forge_.checks[0]["head_sha"], place_.sha);
  EXPECT_EQ(forge_.checks[0]["output"]["title"], "REGRESSION: 2 of 4 gating metrics are worse");
}

TEST_F(Publish, UpdatesItsCommentOnTheThirdPage) {
  for (int i = 0; i < 120; ++i) forge_.comment_by(1, "hello");
  forge_.comment_by(7, kMarker + "\nold");
  forge_.comment_by(1, "later");
  EXPECT_THAT(put().done, Contains("comment on #7 updated"));
  EXPECT_THAT(forge_.comments, SizeIs(122));
  EXPECT_THAT(forge_.comments[120]["body"].get<std::string>(), HasSubstr("REGRESSION"));
  EXPECT_EQ(forge_.count("GET /repos/team/demo/issues/7/comments"), 3u);
  EXPECT_EQ(forge_.count("POST /repos/team/demo/issues"), 0u);
}

TEST_F(Publish, LeavesACommentAloneThatSaysSoAlready) {
  put();
  const Outcome again = put();
  EXPECT_THAT(again.done, Contains("comment on #7 says so already"));
  EXPECT_EQ(forge_.count("PATCH /repos/team/demo/issues"), 0u);
}

TEST_F(Publish, TakesNoStrangersCommentForItsOwn) {
  forge_.comment_by(666, kMarker + "\n### PASS");
  forge_.comment_by(7, "see " + kMarker);
  put();
  EXPECT_THAT(forge_.comments, SizeIs(3));
  EXPECT_EQ(forge_.comments[0]["body"], kMarker + "\n### PASS");
}

TEST_F(Publish, KnowsItselfWithTheTokenOfAnApp) {
  forge_.user_status = 403;
  forge_.user = {{"id", 41}, {"login", "github-actions[bot]"}, {"type", "Bot"}};
  forge_.comment_by(666, kMarker + "\n### PASS");
  put(fixtures::pass_report());
  put();
  EXPECT_THAT(forge_.comments, SizeIs(2));
  EXPECT_THAT(ours(), HasSubstr("REGRESSION"));
}

TEST_F(Publish, MakesTheCommentAnewThatSomebodyRemoved) {
  for (const int status : {404, 410}) {
    forge_.comments.clear();
    forge_.comment_by(7, kMarker + "\nold");
    forge_.faults = {{"PATCH /repos/team/demo/issues/comments/", answered(status)}};
    forge_.before = [&] {
      if (forge_.faults.empty()) forge_.comments.clear(), forge_.before = nullptr;
    };
    EXPECT_THAT(put().done, Contains("comment on #7 made")) << status;
    EXPECT_THAT(forge_.comments, SizeIs(1));
  }
}

TEST_F(Publish, MakesNoSecondCommentWhenTheFirstAnswerIsLost) {
  for (const Result<HttpAnswer>& lost :
       {Result<HttpAnswer>(Error{Errc::io, "cut"}),
        Result<HttpAnswer>(Error{Errc::timeout, "late"}), Result<HttpAnswer>(answered(502))}) {
    forge_.comments.clear();
    forge_.faults = {{"POST /repos/team/demo/issues", lost, true}};
    EXPECT_THAT(put().failed, IsEmpty());
    EXPECT_THAT(forge_.comments, SizeIs(1));
  }
}

TEST_F(Publish, MakesNoSecondCheckRunOfOnePublication) {
  place_.id = "melisai-gate-12-7";
  put();
  ASSERT_THAT(forge_.checks, SizeIs(1));
  EXPECT_EQ(forge_.checks[0]["external_id"], "melisai-gate-12-7");
  EXPECT_THAT(put().done, ElementsAre("check run was made before with 1 annotation",
                                      "comment on #7 says so already"));
  EXPECT_THAT(forge_.checks, SizeIs(1));
  place_.id = "melisai-gate-12-8";
  put();
  EXPECT_THAT(forge_.checks, SizeIs(2));
}

TEST_F(Publish, GoesOnWithTheAnnotationsOfAPublicationThatWasCutShort) {
  Report report = fixtures::regression_report();
  report.evidence.assign(120, fixtures::lock_evidence());
  place_.id = "melisai-gate-12-7";
  put(report);
  ASSERT_THAT(forge_.checks, SizeIs(1));
  json& kept = forge_.checks[0]["output"]["annotations"];
  ASSERT_EQ(kept.size(), 120u);
  kept.erase(kept.begin() + 50, kept.end());  // what a kill left
  put(report);
  EXPECT_THAT(forge_.checks, SizeIs(1));
  EXPECT_EQ(forge_.checks[0]["output"]["annotations"].size(), 120u);
}

TEST_F(Publish, SendsAnnotationsInFifties) {
  Report report = fixtures::regression_report();
  report.evidence.assign(120, fixtures::lock_evidence());
  EXPECT_THAT(put(report).done, Contains("check run made with 120 annotations"));
  EXPECT_EQ(forge_.checks[0]["output"]["annotations"].size(), 120u);
  for (const HttpCall& call : forge_.sent)
    if (call.url.find("/check-runs") != std::string::npos && call.method != "GET") {
      EXPECT_LE(json::parse(call.body)["output"]["annotations"].size(), 50u);
    }
}

TEST_F(Publish, SendsNoAnnotationTwice) {
  Report report = fixtures::regression_report();
  report.evidence.assign(120, fixtures::lock_evidence());
  forge_.faults = {{"PATCH /repos/team/demo/check-runs/", Error{Errc::io, "cut"}, true},
                   {"POST /repos/team/demo/check-runs", answered(500), true}};
  EXPECT_THAT(put(report).failed, IsEmpty());
  ASSERT_THAT(forge_.checks, SizeIs(1));
  EXPECT_EQ(forge_.checks[0]["output"]["annotations"].size(), 120u);
}

TEST_F(Publish, GivesTheVerdictWithoutAnnotationsThatAreNotTaken) {
  forge_.faults = {{"POST /repos/team/demo/check-runs", answered(422)}};
  EXPECT_THAT(put().done, Contains("check run made, without annotations"));
}

TEST_F(Publish, SetsAStatusWhereCheckRunsAreNotAllowed) {
  forge_.faults = {{"POST /repos/team/demo/check-runs", answered(403)}};
  EXPECT_THAT(put().done, Contains("commit status set, because this token may make no check runs"));
  ASSERT_THAT(forge_.statuses, SizeIs(1));
  EXPECT_EQ(forge_.statuses[0]["state"], "failure");
  EXPECT_THAT(forge_.statuses[0]["description"].get<std::string>(), StartsWith("REGRESSION: "));
}

TEST_F(Publish, SaysWhatATokenOfAForkLacks) {
  forge_.faults = {{"POST /repos/team/demo/check-runs", answered(403)},
                   {"POST /repos/team/demo/statuses/", answered(403)},
                   {"POST /repos/team/demo/issues", answered(403)}};
  const Outcome outcome = put();
  ASSERT_THAT(outcome.failed, SizeIs(2));
  for (const Error& error : outcome.failed) {
    EXPECT_EQ(error.code, Errc::config);
    EXPECT_THAT(error.message, HasSubstr("workflow_run"));
  }
}

TEST_F(Publish, SaysThatATokenIsNotAccepted) {
  forge_.faults = {{"POST /repos/team/demo/check-runs", answered(401)},
                   {"GET /repos/team/demo/pulls/7", answered(401)}};
  const Outcome outcome = put();
  ASSERT_THAT(outcome.failed, SizeIs(2));
  EXPECT_THAT(outcome.failed[0].message, HasSubstr("does not accept the token"));
}

TEST_F(Publish, WaitsAsLongAsItIsAskedTo) {
  forge_.faults = {{"POST /repos/team/demo/check-runs", answered(429, {{"retry-after", "7"}})},
                   {"POST /repos/team/demo/issues", answered(403, {{"retry-after", "9"}})}};
  EXPECT_THAT(put().failed, IsEmpty());
  EXPECT_THAT(waited_, ElementsAre(7'000, 9'000));
  EXPECT_THAT(forge_.comments, SizeIs(1));
}

TEST_F(Publish, WaitsForTheEndOfALimit) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch());
  forge_.faults = {
      {"GET /user", answered(403, {{"x-ratelimit-remaining", "0"},
                                   {"x-ratelimit-reset", std::to_string(now.count() + 20)}})}};
  EXPECT_THAT(put().failed, IsEmpty());
  EXPECT_THAT(waited_, ElementsAre(21'000));
}

TEST_F(Publish, DoesNotWaitBeyondItsDeadline) {
  forge_.faults = {{"POST /repos/team/demo/check-runs", answered(429, {{"retry-after", "3600"}})}};
  const Outcome outcome = put();
  ASSERT_THAT(outcome.failed, SizeIs(1));
  EXPECT_EQ(outcome.failed[0].code, Errc::unavailable);
  EXPECT_THAT(outcome.failed[0].message, HasSubstr("no time left"));
  EXPECT_THAT(waited_, IsEmpty());
  EXPECT_THAT(forge_.comments, SizeIs(1));  // the rest is done all the same
}

TEST_F(Publish, HasOneDeadlineForAll) {
  forge_.before = [&] { clock_.advance(std::chrono::seconds(20)); };
  const Outcome outcome = put(fixtures::regression_report(), Milliseconds(50'000));
  ASSERT_THAT(outcome.failed, SizeIs(1));
  EXPECT_EQ(outcome.failed[0].code, Errc::timeout);
  for (const HttpCall& call : forge_.sent) EXPECT_LE(call.timeout, Milliseconds(50'000));
  EXPECT_EQ(forge_.sent.back().timeout, Milliseconds(10'000));
}

TEST_F(Publish, TriesAgainWhatMayArriveTwice) {
  forge_.faults = {{"GET /user", Error{Errc::timeout, "late"}},
                   {"GET /repos/team/demo/pulls/7", answered(500)},
                   {"GET /repos/team/demo/issues/7/comments", Error{Errc::unavailable, "closed"}}};
  EXPECT_THAT(put().failed, IsEmpty());
  EXPECT_THAT(waited_, SizeIs(3));
}

TEST_F(Publish, GivesAForgeUpThatStaysInTrouble) {
  for (int i = 0; i < 10; ++i) forge_.faults.push_back({"", answered(503)});
  const Outcome outcome = put();
  EXPECT_THAT(outcome.failed, SizeIs(2));
  EXPECT_EQ(forge_.sent.size(), 10u);
}

TEST_F(Publish, FollowsNobodyToAnotherServer) {
  forge_.faults = {
      {"GET /repos/team/demo/issues/7/comments",
       answered(200, {{"link", "<https://api.github.com.evil.example/x>; rel=\"next\""}}, "[]")},
      {"POST /repos/team/demo/check-runs", answered(301, {{"location", "https://evil.example/"}})}};
  const Outcome outcome = put();
  ASSERT_THAT(outcome.failed, SizeIs(2));
  EXPECT_THAT(outcome.failed[0].message, HasSubstr("nobody is followed"));
  EXPECT_THAT(outcome.failed[1].message, HasSubstr("another server"));
}

TEST_F(Publish, SaysNothingOnAPullRequestThatMovedOn) {
  forge_.head = std::string(40, 'b');
  const Outcome outcome = put();
  EXPECT_THAT(outcome.failed, IsEmpty());
  EXPECT_THAT(outcome.done, Contains(HasSubstr("another head by now")));
  EXPECT_THAT(forge_.comments, IsEmpty());
  EXPECT_THAT(forge_.checks, SizeIs(1));
}

TEST_F(Publish, AsksNobodyAboutWhatIsNoCommit) {
  place_.sha = "../../../user";
  EXPECT_THAT(put().failed, SizeIs(1));
  EXPECT_THAT(forge_.sent, IsEmpty());
}

TEST_F(Publish, IsANeutralCheckWhenItCannotTell) {
  put(fixtures::inconclusive_report());
  EXPECT_EQ(forge_.checks[0]["conclusion"], "neutral");
}

}  // namespace
}  // namespace melisai::publish
