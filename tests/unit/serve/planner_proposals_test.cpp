// Pull requests in the planner: which head, and whose pipeline file.
#include "core/serve/pinned.h"
#include "core/serve/planner.h"
#include "core/serve/work.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace planner_proposals_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = PipelineRun::Outcome;

const std::string kTip(40, '1');
const std::string kFork(40, '2');  // where they left the base branch
const std::string kRef = "refs/pull/7/head";
const std::string kOfBase = "version: 1\npipelines: { build: { trigger: on_commit, run: make } }\n";
const std::string kOfHead =
    "version: 1\npipelines: { steal: { trigger: on_commit, run: steal } }\n";

class Proposals : public WithLoop {
 protected:
  Proposals() {
    git.commits[kTip][".melisai-gate.yaml"] = kOfBase;
    git.commits[kShaA][".melisai-gate.yaml"] = kOfHead;
    git.base_sha = kFork;
    set_refs({{"refs/heads/main", kTip}, {kRef, kShaA}});
  }
  ~Proposals() override {
    planner.stop([](const Result<void>&) {});
  }

  static RunEvent proposed(const std::string& sha, bool trusted) {
    RunEvent event;
    event.kind = RunEvent::Kind::pull_request;
    event.project = "demo";
    event.ref = kRef;
    event.sha = sha;
    event.trusted = trusted;
    event.cause = "pull request 7 for main";
    event.received_at = kNow;
    event.proposal =
        Proposal{.number = 7, .base = "refs/heads/main", .author = "ann", .approved_by = ""};
    return event;
  }
  std::int64_t accept(const RunEvent& event) { return queue.accept(event).value().event; }
  std::int64_t accept_approved(const std::string& sha) {
    const std::int64_t event = accept(proposed(sha, false));
    EXPECT_TRUE(queue.approve({.project = "demo", .number = 7, .sha = sha, .by = "ops"}, kNow));
    return event;
  }
  void plan() {
    const int before = planned;
    planner.start([](const Result<void>&) {});
    turn_until([&] { return planned > before; });
  }
  std::vector<PipelineRun> runs() { return queue.runs({}).value(); }
  /// As often as it is tried before the planner believes what the server says.
  void try_often(std::int64_t event) {
    for (int tried = 0; tried < 5; ++tried)
      ASSERT_TRUE(queue.postpone(event, "not there yet", kNow));
  }

  int planned = 0;
  Planner planner{context,
                  {.planned = [this] { ++planned; },
                   .seen = [this](const std::string& project, const auto&) { seen = project; }}};
  std::string seen;
};

TEST_F(Proposals, OfStrangersRunThePipelinesOfTheBase) {
  const std::int64_t event = accept_approved(kShaA);
  plan();
  ASSERT_THAT(runs(), SizeIs(1));
  const PipelineRun run = runs()[0];
  EXPECT_EQ(run.pipeline, "build");
  EXPECT_EQ(run.sha, kShaA);
  EXPECT_EQ(run.ref, kRef);
  EXPECT_FALSE(run.trusted);
  EXPECT_EQ(pinned_from_json(run.configuration)->pipeline_file, kOfBase);
  EXPECT_EQ(queue.event(event)->before, kFork) << "what it is compared with";
  EXPECT_EQ(seen, "") << "schedules are those of the default branch";
}

TEST_F(Proposals, OfTheRepositoryItselfRunTheirOwn) {
  accept(proposed(kShaA, true));
  plan();
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_EQ(runs()[0].pipeline, "steal");
  EXPECT_TRUE(runs()[0].trusted);
}

TEST_F(Proposals, AreNotPlannedBeforeTheyAreApproved) {
  accept(proposed(kShaA, false));
  accept(push_of("demo", kTip));
  plan();
  loop.poll();
  EXPECT_THAT(runs(), SizeIs(1)) << "the push";
  EXPECT_TRUE(queue.pull_request("demo", 7)->value().waits);
}

TEST_F(Proposals, OfStrangersHaveAMirrorOfTheirOwn) {
  const std::string own = mirror_of("/state", proposed(kShaA, false));
  EXPECT_NE(own, repository_of("/state", "demo"));
  EXPECT_EQ(mirror_of("/state", proposed(kShaA, true)), repository_of("/state", "demo"));
  EXPECT_EQ(mirror_of("/state", push_of("demo", kShaA)), repository_of("/state", "demo"));
}

TEST_F(Proposals, ThatHaveAnotherHeadAreWaitedForAndThenFollowed) {
  const std::int64_t event = accept_approved(kShaA);
  set_refs({{"refs/heads/main", kTip}, {kRef, kShaB}});
  plan();
  EXPECT_EQ(queue.open_events()->at(0).tries, 1) << "its forge may be a little late";
  EXPECT_THAT(runs(), IsEmpty());
  planner.stop([](const Result<void>&) {});
  try_often(event);
  plan();
  EXPECT_THAT(runs(), IsEmpty()) << "nobody approved what is there now";
  EXPECT_EQ(queue.event_state(event)->kind, store::EventState::Kind::rejected);
  const store::PullRequest known = queue.pull_request("demo", 7)->value();
  EXPECT_EQ(known.sha, kShaB);
  EXPECT_TRUE(known.waits);
  EXPECT_EQ(known.approved_by, "");
}

TEST_F(Proposals, ThatAreGoneEnd) {
  const std::int64_t event = accept_approved(kShaA);
  set_refs({{"refs/heads/main", kTip}});
  try_often(event);
  plan();
  EXPECT_THAT(runs(), IsEmpty());
  EXPECT_EQ(queue.event_state(event)->reason, kRef + " is not there any more");
}

TEST_F(Proposals, ThatAreForABranchThatIsGoneAreRed) {
  accept_approved(kShaA);
  set_refs({{kRef, kShaA}});
  plan();
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_EQ(runs()[0].outcome, Outcome::failed);
  EXPECT_THAT(runs()[0].reason, HasSubstr("demo has no refs/heads/main"));
}

TEST_F(Proposals, ThatHaveNothingInCommonWithTheirBaseAreRed) {
  git.base_sha = "";
  accept_approved(kShaA);
  plan();
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_EQ(runs()[0].outcome, Outcome::failed);
  EXPECT_THAT(runs()[0].reason, HasSubstr("cannot be compared with refs/heads/main"));
}

TEST_F(Proposals, OfStrangersDoNotSayWhereSubmodulesAre) {
  config.git.submodules = true;
  git.commits[kTip][".gitmodules"] = "[submodule \"x\"]\n\turl = https://good.example/x\n";
  git.commits[kShaA][".gitmodules"] = "[submodule \"x\"]\n\turl = https://evil.example/x\n";
  accept_approved(kShaA);
  plan();
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_EQ(runs()[0].outcome, Outcome::failed);
  EXPECT_THAT(runs()[0].reason, HasSubstr(".gitmodules is another one"));
}

TEST_F(Proposals, WhatNobodyVouchedForNeedsABase) {
  RunEvent event = push_of("demo", kShaA);
  event.trusted = false;
  accept(event);
  plan();
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_EQ(runs()[0].outcome, Outcome::failed);
  EXPECT_THAT(runs()[0].reason, HasSubstr("nobody has vouched for"));
}

TEST_F(Proposals, RunAgainByHandWithoutBeingTheHeadAnyMore) {
  RunEvent event = proposed(kShaA, false);
  event.kind = RunEvent::Kind::manual;
  event.pipeline = "build";
  event.proposal->approved_by = "token ops";
  set_refs({{"refs/heads/main", kTip}, {kRef, kShaB}});
  accept(event);
  plan();
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_EQ(runs()[0].sha, kShaA);
  EXPECT_EQ(pinned_from_json(runs()[0].configuration)->pipeline_file, kOfBase);
}

TEST_F(Proposals, CannotBeTriggeredByTheirRef) {
  set_refs({{"refs/heads/main", kTip}});  // what a server tells of when nobody asks for proposals
  RunEvent event = push_of("demo", "");
  event.kind = RunEvent::Kind::manual;
  event.ref = kRef;
  event.pipeline = "build";
  accept(event);
  plan();
  ASSERT_THAT(runs(), SizeIs(1)) << "red, for who asked waits for an answer";
  EXPECT_EQ(runs()[0].outcome, Outcome::failed);
  EXPECT_EQ(runs()[0].sha, "");
  EXPECT_THAT(runs()[0].reason, HasSubstr("demo has no " + kRef));
}

}  // namespace planner_proposals_test
}  // namespace melisai::serve
