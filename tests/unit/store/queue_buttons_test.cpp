// What people decide with the buttons of a check run, once the forge has said that they may.
#include "tests/unit/store/pull_requests_fixture.h"

namespace melisai::store {
namespace queue_buttons_test {

using pull_requests_test::kFirst;
using pull_requests_test::kRef;
using pull_requests_test::kSecond;
using pull_requests_test::PullRequests;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Action = Approval::Action;
using Outcome = PipelineRun::Outcome;

class Buttons : public PullRequests {
 protected:
  void SetUp() override {
    queue.set_notice_rules({.sinks = {"log"}, .reports = {{"demo", "forge of demo"}}});
    RunEvent event = proposed(kFirst);
    event.proposal->approved_by = "token ops";
    run = planned(accept(event).event);
  }
  void end_run() {
    const auto attempt = queue.begin_attempt(run.id, "/attempts", "boot", at(kNow)).value().value();
    ASSERT_TRUE(*queue.end_attempt(
        attempt, {.outcome = Outcome::regression, .reason = "slower", .report = 4}, at(kNow)));
    for (const Delivery& delivery : *queue.waiting_deliveries(99))
      ASSERT_TRUE(*queue.end_delivery(delivery, {}));
  }
  /// Pressed by bob; the forge says `may_write`.
  ApprovalOutcome pressed(Action action, bool may_write = true) {
    ApprovalRequest request;
    request.approval = {
        .action = action, .project = "demo", .number = 0, .sha = kFirst, .by = "", .run = run.id};
    request.user_id = 42;
    request.login = "bob";
    request.via = "button";
    request.asked_at = at(kNow);
    EXPECT_TRUE(queue.ask_approval(request).value());
    queue = open();
    queue.set_notice_rules({.sinks = {"log"}, .reports = {{"demo", "forge of demo"}}});
    const auto asked = queue.asked_approvals().value();
    EXPECT_THAT(asked, SizeIs(1));
    EXPECT_EQ(asked.front().approval.action, action);
    EXPECT_EQ(asked.front().approval.run, run.id);
    return **queue.end_approval(asked.front(), {.may_write = may_write, .reason = "no writer"},
                                at(kNow + 9));
  }
  std::vector<std::string> notices() {
    std::vector<std::string> all;
    for (const Delivery& delivery : *queue.waiting_deliveries(99))
      all.push_back(delivery.sink + " " + std::string(to_string(delivery.notice.event)) + " " +
                    delivery.notice.reason);
    return all;
  }

  PipelineRun run;
};

TEST_F(Buttons, MeasureTheSameCommitOnceMore) {
  end_run();
  const ApprovalOutcome outcome = pressed(Action::measure);
  EXPECT_TRUE(outcome.granted);
  const RunEvent event = queue.event(outcome.event).value();
  EXPECT_EQ(event.kind, RunEvent::Kind::manual);
  EXPECT_EQ(event.pipeline, "build");
  EXPECT_EQ(event.sha, kFirst);
  EXPECT_EQ(event.ref, kRef);
  EXPECT_FALSE(event.trusted) << "strangers' code stays that";
  EXPECT_EQ(event.proposal->approved_by, "button of bob");
  EXPECT_EQ(event.again, run.id);
  EXPECT_THAT(open_events(), ElementsAre(outcome.event));
}

TEST_F(Buttons, MeasureOnceHoweverOftenTheyArePressed) {
  end_run();
  const std::int64_t event = pressed(Action::measure).event;
  const ApprovalOutcome second = pressed(Action::measure);
  EXPECT_FALSE(second.granted);
  EXPECT_THAT(second.refused, HasSubstr("is being measured again already"));
  planned(event);
  EXPECT_FALSE(pressed(Action::measure).granted) << "it runs now";
}

TEST_F(Buttons, AcceptWhatWasFoundAndTellTheForgeAlone) {
  end_run();
  const ApprovalOutcome outcome = pressed(Action::accept);
  EXPECT_TRUE(outcome.granted);
  EXPECT_EQ(outcome.event, 0);
  EXPECT_THAT(notices(), ElementsAre("forge of demo accepted accepted by button of bob, of "
                                     "demo/build#1"));
  EXPECT_THAT(open_events(), IsEmpty());
}

TEST_F(Buttons, DoNothingForWhoMayNotWrite) {
  end_run();
  for (const Action action : {Action::measure, Action::accept}) {
    const ApprovalOutcome outcome = pressed(action, false);
    EXPECT_FALSE(outcome.granted);
    EXPECT_EQ(outcome.refused, "no writer");
  }
  EXPECT_THAT(open_events(), IsEmpty());
  EXPECT_THAT(notices(), IsEmpty());
}

TEST_F(Buttons, OfAHeadThatMovedOnComeTooLate) {
  end_run();
  accept(proposed(kSecond));
  for (const Action action : {Action::measure, Action::accept}) {
    const ApprovalOutcome outcome = pressed(action);
    EXPECT_FALSE(outcome.granted);
    EXPECT_THAT(outcome.refused, HasSubstr(kSecond));
  }
  EXPECT_THAT(notices(), ElementsAre(HasSubstr("approval_wanted"))) << "that of the new head";
}

TEST_F(Buttons, OfAClosedPullRequestComeTooLate) {
  end_run();
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "d-closed", at(kNow)));
  EXPECT_THAT(pressed(Action::accept).refused, HasSubstr("is closed"));
}

TEST_F(Buttons, AcceptNothingThatIsNotPublished) {
  end_run();
  run.id += 100;
  EXPECT_FALSE(pressed(Action::accept).granted) << "that run is forgotten";
}

}  // namespace queue_buttons_test
}  // namespace melisai::store
