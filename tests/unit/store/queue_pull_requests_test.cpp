#include "tests/unit/store/pull_requests_fixture.h"

namespace melisai::store {
namespace pull_requests_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(PullRequests, OfAForkWaitForApproval) {
  const Accepted accepted = accept(proposed(kFirst));
  EXPECT_TRUE(accepted.waits);
  EXPECT_THAT(open_events(), IsEmpty()) << "nobody plans it";
  EXPECT_TRUE(known().waits);
  EXPECT_EQ(known().author, "ann");
  EXPECT_EQ(known().since, at(kNow));
  EXPECT_EQ(queue.event_state(accepted.event)->reason, "waits for approval");
  EXPECT_EQ(queue.open_totals()->events, 0);
  EXPECT_FALSE(queue.next_due(at(0)).value()) << "it is due when somebody approves it";
}

TEST_F(PullRequests, OfAForkAreNotPlannedEvenWhenAsked) {
  const Accepted accepted = accept(proposed(kFirst));
  const auto made = queue.plan(accepted.event,
                               {.ref = kRef,
                                .sha = kFirst,
                                .configuration = "{}",
                                .runs = {{.pipeline = "build", .after = {}}}},
                               at(kNow));
  ASSERT_TRUE(made);
  EXPECT_FALSE(*made);
}

TEST_F(PullRequests, OfTheRepositoryItselfDoNotWait) {
  const Accepted accepted = accept(proposed(kFirst, true));
  EXPECT_FALSE(accepted.waits);
  EXPECT_THAT(open_events(), ElementsAre(accepted.event));
  const RunEvent event = queue.event(accepted.event).value();
  EXPECT_EQ(event, [&] {
    RunEvent wanted = proposed(kFirst, true);
    wanted.id = accepted.event;
    return wanted;
  }());
}

TEST_F(PullRequests, WaitAcrossARestart) {
  accept(proposed(kFirst));
  queue = open();
  EXPECT_TRUE(known().waits);
  ASSERT_TRUE(approve(kFirst));
  queue = open();
  EXPECT_FALSE(known().waits);
  EXPECT_THAT(open_events(), SizeIs(1));
}

TEST_F(PullRequests, TheirApprovalIsOfOneHead) {
  const std::int64_t event = accept(proposed(kFirst)).event;
  const auto wrong = approve(kSecond);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Errc::usage);
  EXPECT_THAT(wrong.error().message, HasSubstr(kFirst));
  EXPECT_FALSE(approve(kFirst.substr(0, 12))) << "a part is not enough";
  EXPECT_THAT(open_events(), IsEmpty());
  const auto right = approve(kFirst);
  ASSERT_TRUE(right) << right.error().message;
  EXPECT_EQ(right->event, event);
  EXPECT_FALSE(right->already);
  EXPECT_THAT(open_events(), ElementsAre(event));
  EXPECT_EQ(queue.event(event)->proposal->approved_by, "token ops");
  EXPECT_FALSE(queue.event(event)->trusted) << "approved code is strangers' code";
  EXPECT_TRUE(approve(kFirst)->already);
  EXPECT_THAT(open_events(), ElementsAre(event)) << "once";
}

TEST_F(PullRequests, ANewHeadWaitsAgain) {
  const std::int64_t first = accept(proposed(kFirst)).event;
  ASSERT_TRUE(approve(kFirst));
  const PipelineRun run = planned(first);
  const Accepted second = accept(proposed(kSecond));
  EXPECT_TRUE(second.waits);
  EXPECT_EQ(outcome_of(run.id), Outcome::superseded) << "what still waited of the old head";
  EXPECT_FALSE(approve(kFirst)) << "the head is another one now";
  EXPECT_THAT(open_events(), IsEmpty());
  // And a head that it had before waits as any other one.
  EXPECT_TRUE(accept(proposed(kFirst)).waits);
}

TEST_F(PullRequests, ANewHeadEndsWhatWasNotPlanned) {
  const std::int64_t first = accept(proposed(kFirst, true)).event;
  const std::int64_t second = accept(proposed(kSecond, true)).event;
  EXPECT_THAT(open_events(), ElementsAre(second));
  EXPECT_EQ(queue.event_state(first)->kind, EventState::Kind::rejected);
}

TEST_F(PullRequests, AnotherBaseIsNews) {
  accept(proposed(kFirst));
  ASSERT_TRUE(approve(kFirst));
  RunEvent retargeted = proposed(kFirst);
  retargeted.proposal->base = "refs/heads/old";
  const Accepted accepted = accept(retargeted);
  EXPECT_FALSE(accepted.duplicate());
  EXPECT_TRUE(accepted.waits) << "its pipelines are those of another branch";
}

TEST_F(PullRequests, WhatIsKnownIsADuplicate) {
  RunEvent event = proposed(kFirst);
  event.once = "github demo d-1";
  EXPECT_FALSE(accept(event).duplicate());
  EXPECT_TRUE(accept(event).duplicate()) << "delivered again";
  event.once = "github demo d-2";
  EXPECT_TRUE(accept(event).duplicate()) << "the same head, told again";
  accept(proposed(kSecond));
  EXPECT_TRUE(accept(event).duplicate()) << "the late copy of what is old";
  EXPECT_EQ(known().sha, kSecond);
}

TEST_F(PullRequests, ThatAreClosedEndWhatWaits) {
  const std::int64_t event = accept(proposed(kFirst)).event;
  EXPECT_EQ(queue.close_pull_request("demo", 7, "c-1", at(kNow)).value(), 0);
  EXPECT_FALSE(known().open);
  EXPECT_EQ(queue.event_state(event)->kind, EventState::Kind::rejected);
  EXPECT_FALSE(approve(kFirst));
  const std::int64_t again = accept(proposed(kFirst)).event;
  EXPECT_NE(again, 0) << "reopened with the same head: news";
  EXPECT_TRUE(known().waits);
  // The old close, delivered once more.
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "c-1", at(kNow)));
  EXPECT_TRUE(known().waits);
  ASSERT_TRUE(approve(kFirst));
  const PipelineRun run = planned(again);
  EXPECT_EQ(queue.close_pull_request("demo", 7, "c-2", at(kNow)).value(), 1);
  EXPECT_EQ(outcome_of(run.id), Outcome::cancelled);
  EXPECT_EQ(queue.close_pull_request("demo", 8, "c-3", at(kNow)).value(), 0);
}

TEST_F(PullRequests, WhatRunsGoesOnWhenTheyAreClosed) {
  const PipelineRun run = planned(accept(proposed(kFirst, true)).event);
  ASSERT_TRUE(*queue.begin_attempt(run.id, "/attempts", "boot", at(kNow)));
  EXPECT_EQ(queue.close_pull_request("demo", 7, "", at(kNow)).value(), 0);
  EXPECT_EQ(queue.run(run.id)->state, PipelineRun::State::running);
}

TEST_F(PullRequests, ARetryIsAnEventOfItsOwn) {
  const std::int64_t first = accept(proposed(kFirst)).event;
  const auto waiting = approve(kFirst, Action::retry);
  EXPECT_EQ(waiting->event, first) << "of what waits an approval";
  planned(first);
  const auto again = approve(kFirst, Action::retry);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_NE(again->event, first);
  const RunEvent event = queue.event(again->event).value();
  EXPECT_FALSE(event.trusted);
  EXPECT_EQ(event.sha, kFirst);
  EXPECT_EQ(
      event.proposal,
      (Proposal{
          .number = 7, .base = "refs/heads/main", .author = "ann", .approved_by = "token ops"}));
  EXPECT_THAT(open_events(), ElementsAre(again->event));
}

TEST_F(PullRequests, NeverStandForABranchOfTheirName) {
  // A branch may be called so; its full name is another one.
  RunEvent push = proposed(kFirst, true);
  push.kind = Kind::push;
  push.ref = "refs/heads/" + kRef;
  push.proposal.reset();
  const PipelineRun of_branch = planned(accept(push).event, push.ref);
  accept(proposed(kSecond, true));
  EXPECT_EQ(queue.run(of_branch.id)->state, PipelineRun::State::queued);
  EXPECT_THAT(queue.refs("demo").value(), SizeIs(1)) << "of branches and tags alone";
  EXPECT_EQ(queue.known_ref("demo", kRef)->sha, "");
}

TEST_F(PullRequests, PauseNobodysPipelines) {
  queue.set_notice_rules({.failures = true, .pause = true, .sinks = {"log"}});
  const PipelineRun run = planned(accept(proposed(kFirst, true)).event);
  const auto attempt = queue.begin_attempt(run.id, "/attempts", "boot", at(kNow));
  ASSERT_TRUE(*queue.end_attempt(**attempt, {.outcome = Outcome::failed}, at(kNow)));
  EXPECT_THAT(queue.paused_pipelines().value(), IsEmpty());
  EXPECT_THAT(queue.waiting_deliveries(5).value(), SizeIs(1)) << "it is told";
}

TEST_F(PullRequests, ThatNobodyApprovesAreGivenUpInTime) {
  const std::int64_t event = accept(proposed(kFirst)).event;
  ASSERT_TRUE(queue.forget_pull_requests(at(kNow)));
  EXPECT_TRUE(known().waits);
  ASSERT_TRUE(queue.forget_pull_requests(at(kNow + 1)));
  EXPECT_FALSE(known().waits);
  EXPECT_EQ(queue.event_state(event)->reason, "nobody approved it in time");
  const auto late = approve(kFirst);
  ASSERT_TRUE(late) << "somebody does after all";
  EXPECT_NE(late->event, event);
}

TEST_F(PullRequests, AreForgottenWhenTheyAreClosedAndTheirEventsGone) {
  const std::int64_t event = accept(proposed(kFirst)).event;
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "", at(kNow)));
  ASSERT_TRUE(queue.forget_pull_requests(at(kNow + 1)));
  EXPECT_TRUE(queue.pull_request("demo", 7)->has_value()) << "its event tells of it";
  EXPECT_THAT(queue.forgettable({.age_max = Milliseconds(0), .runs_min = 1}, at(kNow + 1)).value(),
              ElementsAre(event));
  ASSERT_TRUE(queue.forget_events({event}));
  ASSERT_TRUE(queue.forget_pull_requests(at(kNow + 1)));
  EXPECT_FALSE(queue.pull_request("demo", 7)->has_value());
}

class Approvals : public PullRequests {
 protected:
  void SetUp() override { event = accept(proposed(kFirst)).event; }
  ApprovalRequest request(const std::string& once = "d-9") {
    ApprovalRequest made;
    made.approval = {.project = "demo", .number = 7, .sha = kFirst, .by = ""};
    made.user_id = 42;
    made.login = "bob";
    made.via = "comment";
    made.once = once;
    made.asked_at = at(kNow + 60);
    return made;
  }
  ApprovalRequest asked() {
    EXPECT_TRUE(queue.ask_approval(request()).value());
    return queue.asked_approvals()->front();
  }
  std::int64_t event = 0;
};

TEST_F(Approvals, AreKeptUntilTheyAreDecided) {
  EXPECT_TRUE(queue.ask_approval(request()).value());
  EXPECT_FALSE(queue.ask_approval(request()).value()) << "delivered again";
  queue = open();
  const auto waiting = queue.asked_approvals().value();
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].login, "bob");
  EXPECT_EQ(waiting[0].user_id, 42);
  EXPECT_EQ(waiting[0].approval.by, "comment of bob");
  EXPECT_TRUE(known().waits) << "asking is not approving";
}

TEST_F(Approvals, LetTheHeadRunOnceTheForgeSaysSo) {
  const auto outcome = queue.end_approval(asked(), {.may_write = true, .reason = ""}, at(kNow));
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->event, event);
  EXPECT_THAT(open_events(), ElementsAre(event));
  EXPECT_EQ(known().approved_by, "comment of bob");
  EXPECT_THAT(queue.asked_approvals().value(), IsEmpty());
}

TEST_F(Approvals, AreRefusedWhenTheForgeSaysNo) {
  const ApprovalRequest one = asked();
  const auto outcome = queue.end_approval(one, {.may_write = false, .reason = "no"}, at(kNow));
  EXPECT_EQ((*outcome)->refused, "no");
  EXPECT_TRUE(known().waits);
  EXPECT_FALSE(queue.end_approval(one, {.may_write = true, .reason = ""}, at(kNow)).value())
      << "decided is decided";
  EXPECT_TRUE(known().waits);
}

TEST_F(Approvals, OfAHeadThatHasMovedOnAreNone) {
  const ApprovalRequest one = asked();
  accept(proposed(kSecond));
  const auto outcome = queue.end_approval(one, {.may_write = true, .reason = ""}, at(kNow));
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->event, 0);
  EXPECT_THAT((*outcome)->refused, HasSubstr(kSecond));
  EXPECT_TRUE(known().waits);
  EXPECT_THAT(queue.asked_approvals().value(), IsEmpty());
}

TEST_F(Approvals, AreAskedForAgainLater) {
  const auto outcome = queue.end_approval(
      asked(), {.may_write = false, .reason = "down", .again = at(kNow + 5)}, at(kNow));
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->refused, "");
  const auto waiting = queue.asked_approvals().value();
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].tries, 1);
  EXPECT_EQ(waiting[0].not_before, at(kNow + 5));
}

}  // namespace pull_requests_test
}  // namespace melisai::store
