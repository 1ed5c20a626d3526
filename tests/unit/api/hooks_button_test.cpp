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

TEST(CheckRunId, SaysItsRun) {
  EXPECT_EQ(check_run_id(12, 7), "melisai-gate-12-7");
  EXPECT_EQ(run_of_check_run(check_run_id(12, 7)), 12);
}

}  // namespace hooks_button_test
}  // namespace melisai::api
