// Buttons of check runs as GitHub delivers them.
#include "core/api/buttons.h"
#include "tests/unit/api/hooks_fixture.h"

namespace melisai::api {
namespace hooks_button_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Action = store::Approval::Action;

class ButtonHooks : public HooksTest {
 protected:
  ButtonHooks() {
    context.approval_asked = [this] { ++asked; };
    RunEvent event;
    event.kind = RunEvent::Kind::manual;
    event.project = "demo";
    event.ref = kMainRef;
    event.sha = kShaB;
    event.received_at = clock.now();
    const auto accepted = queue.accept(event);
    const auto planned = queue.plan(accepted->event,
                                    {.ref = kMainRef,
                                     .sha = kShaB,
                                     .configuration = "{}",
                                     .runs = {{.pipeline = "benchmark", .after = {}}}},
                                    clock.now());
    run = planned->value().runs.front().id;
  }
  void end() {
    const auto attempt = queue.begin_attempt(run, "/attempts", "boot", clock.now());
    EXPECT_TRUE(*queue.end_attempt(
        **attempt, {.outcome = PipelineRun::Outcome::regression, .reason = "slower", .report = 4},
        clock.now()));
  }
  Json press(const std::string& button, const std::string& id, const std::string& sha = kShaB) {
    return body_of(github_delivery("check_run", trigger::github_check_run(button, id, sha).dump(),
                                   "d-" + std::to_string(++deliveries)));
  }
  std::string ours() const { return check_run_id(run, 7); }
  std::vector<store::ApprovalRequest> requests() { return queue.asked_approvals().value(); }

  std::int64_t run = 0;
  int deliveries = 0;
  int asked = 0;
};

TEST_F(ButtonHooks, AskTheForgeWhetherWhoPressedMay) {
  end();
  EXPECT_EQ(press("accept", ours())["asked"], true);
  EXPECT_EQ(press("re-measure", ours())["asked"], true);
  EXPECT_EQ(press("", ours())["asked"], true) << "GitHub's own button";
  ASSERT_THAT(requests(), SizeIs(3));
  const store::ApprovalRequest accept = requests()[0];
  EXPECT_EQ(accept.approval.action, Action::accept);
  EXPECT_EQ(accept.approval.run, run);
  EXPECT_EQ(accept.approval.sha, kShaB);
  EXPECT_EQ(accept.approval.by, "button of bob");
  EXPECT_EQ(accept.user_id, 42);
  EXPECT_EQ(requests()[1].approval.action, Action::measure);
  EXPECT_EQ(requests()[2].approval.action, Action::measure);
  EXPECT_EQ(asked, 3);
  EXPECT_THAT(events(), IsEmpty()) << "asking is not being allowed to";
}

TEST_F(ButtonHooks, DeliveredAgainAreOneQuestion) {
  end();
  const auto delivery =
      github_delivery("check_run", trigger::github_check_run("accept", ours(), kShaB).dump());
  EXPECT_EQ(body_of(delivery)["duplicate"], false);
  EXPECT_EQ(body_of(delivery)["duplicate"], true);
  EXPECT_THAT(requests(), SizeIs(1));
}

TEST_F(ButtonHooks, OfAnythingElseAreIgnored) {
  EXPECT_THAT(ignored(press("accept", ours())), HasSubstr("has not ended"));
  end();
  EXPECT_THAT(ignored(press("deploy", ours())), HasSubstr("no button here"));
  EXPECT_THAT(ignored(press("accept", ours(), kShaA)), HasSubstr("no run that is known here"));
  EXPECT_THAT(ignored(press("accept", check_run_id(run + 9, 7))), HasSubstr("no run"));
  for (const std::string& other : std::vector<std::string>{
           "", "theirs-1", "melisai-gate-", "melisai-gate-1", "melisai-gate-1-",
           "melisai-gate--1-2", "melisai-gate-1x-2", "melisai-gate-0-1",
           "melisai-gate-99999999999999999999-1", "melisai-gate-1-2-x"})
    EXPECT_THAT(ignored(press("accept", other)), HasSubstr("none of this daemon")) << other;
  Json elsewhere = trigger::github_check_run("accept", ours(), kShaB);
  elsewhere["repository"] = trigger::github_repository("eve/demo");
  EXPECT_THAT(ignored(body_of(github_delivery("check_run", elsewhere.dump(), "d-other"))),
              HasSubstr("it is about"));
  Json nobody = trigger::github_check_run("accept", ours(), kShaB);
  nobody.erase("sender");
  EXPECT_THAT(ignored(body_of(github_delivery("check_run", nobody.dump(), "d-nobody"))),
              HasSubstr("nobody says who"));
  EXPECT_THAT(requests(), IsEmpty());
  EXPECT_EQ(asked, 0);
}

TEST_F(ButtonHooks, OfOnePersonAreOnlySoManyAtOnce) {
  end();
  for (int i = 0; i < 3; ++i) press("accept", ours());
  EXPECT_THAT(ignored(press("accept", ours())), HasSubstr("too many"));
  EXPECT_THAT(requests(), SizeIs(3));
}

TEST_F(ButtonHooks, OfAnotherProjectAreIgnored) {
  end();
  config.projects.front().name = "other";
  http::Request request =
      github_delivery("check_run", trigger::github_check_run("accept", ours(), kShaB).dump());
  request.path = request.target = "/hooks/github/other";
  EXPECT_THAT(ignored(body_of(request)), HasSubstr("no run that is known here"));
}

class ApprovalButton : public ButtonHooks {
 protected:
  ApprovalButton() { EXPECT_EQ(propose(kShaB)["waits"], true); }
  /// Pull request 7 of a fork.
  Json propose(const std::string& sha, const std::string& action = "opened") {
    Json payload = trigger::github_pull_request(action, "eve/demo");
    payload["pull_request"]["head"]["sha"] = sha;
    return body_of(
        github_delivery("pull_request", payload.dump(), "d-" + std::to_string(++deliveries)));
  }
  static std::string of_head() { return approval_id(7, 1); }
};

TEST_F(ApprovalButton, AsksTheForgeAsTheCommentDoes) {
  EXPECT_EQ(press("approve", of_head())["asked"], true);
  ASSERT_THAT(requests(), SizeIs(1));
  const store::ApprovalRequest request = requests()[0];
  EXPECT_EQ(request.approval.action, Action::approve);
  EXPECT_EQ(request.approval.project, "demo");
  EXPECT_EQ(request.approval.number, 7);
  EXPECT_EQ(request.approval.sha, kShaB);
  EXPECT_EQ(request.approval.run, 0);
  EXPECT_EQ(request.approval.by, "button of bob");
  EXPECT_EQ(request.user_id, 42);
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(events(), IsEmpty()) << "asking is not being allowed to";
}

TEST_F(ApprovalButton, IsOfNoOtherHeadPullRequestOrButton) {
  EXPECT_THAT(ignored(press("approve", of_head(), kShaA)), HasSubstr("look at that one"));
  EXPECT_THAT(ignored(press("approve", approval_id(8, 1))), HasSubstr("8 is not known here"));
  EXPECT_THAT(ignored(press("approve", ours())), HasSubstr("no button here"));
  for (const std::string& button : std::vector<std::string>{"", "accept", "re-measure", "deploy"})
    EXPECT_THAT(ignored(press(button, of_head())), HasSubstr("no button is called")) << button;
  for (const std::string& other : std::vector<std::string>{
           "", "theirs-1", "melisai-gate-approve-", "melisai-gate-approve-7",
           "melisai-gate-approve-7-", "melisai-gate-approve--7-1", "melisai-gate-approve-0-1",
           "melisai-gate-approve-7x-1", "melisai-gate-approve-7-1-1"})
    EXPECT_NE(ignored(press("approve", other)), "(nothing)") << other;
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(ApprovalButton, OfAHeadThatWasLeftOrClosedIsIgnored) {
  EXPECT_EQ(propose(kShaA, "synchronize")["waits"], true);
  EXPECT_THAT(ignored(press("approve", of_head())), HasSubstr("look at that one"));
  Json closed = trigger::github_pull_request("closed", "eve/demo");
  closed["pull_request"]["state"] = "closed";
  body_of(github_delivery("pull_request", closed.dump(), "d-closed"));
  EXPECT_THAT(ignored(press("approve", of_head(), kShaA)), HasSubstr("does not wait"));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST(CheckRunId, OfAnApprovalIsNoneOfARun) {
  EXPECT_EQ(approval_id(7, 12), "melisai-gate-approve-7-12");
  EXPECT_EQ(number_of_approval(approval_id(7, 12)), 7);
  EXPECT_EQ(run_of_check_run(approval_id(7, 12)), std::nullopt);
  EXPECT_EQ(number_of_approval(check_run_id(7, 12)), std::nullopt);
}

TEST(CheckRunId, SaysItsRun) {
  EXPECT_EQ(check_run_id(12, 7), "melisai-gate-12-7");
  EXPECT_EQ(run_of_check_run(check_run_id(12, 7)), 12);
}

}  // namespace hooks_button_test
}  // namespace melisai::api
