#include "core/serve/follow_up.h"

#include <gmock/gmock.h>

#include "core/serve/work_follow_up.h"

namespace melisai::serve {
namespace follow_up_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = PipelineRun::Outcome;

const WallTime kNow{std::chrono::hours(500'000)};

Finished finished(Outcome outcome) {
  Finished finished{.run = {}, .event = {}, .base = "ba5e"};
  finished.run.id = 12;
  finished.run.project = "demo";
  finished.run.pipeline = "benchmark";
  finished.run.number = 3;
  finished.run.attempts = 1;
  finished.run.ref = "refs/heads/main";
  finished.run.sha = "bad";
  finished.run.outcome = outcome;
  finished.event = {.id = 4,
                    .kind = RunEvent::Kind::push,
                    .project = "demo",
                    .ref = "refs/heads/main",
                    .before = "before",
                    .sha = "bad",
                    .pipeline = "",
                    .params = {{"size", "big"}},
                    .cause = "push to main",
                    .once = "",
                    .trusted = true,
                    .received_at = {}};
  return finished;
}

ServeConfig with_fixer(int fixes_max = 2) {
  ServeConfig config;
  config.fixer.argv = {"/opt/fix"};
  config.orchestrator.failure.auto_fix = true;
  config.orchestrator.failure.fixes_max = fixes_max;
  return config;
}

std::vector<std::string> keys(const Finished& finished, const ServeConfig& config) {
  std::vector<std::string> keys;
  for (const RunEvent& event : follow_ups(finished, config, kNow))
    keys.push_back(event.pipeline + ": " + event.once);
  return keys;
}

/// The run of that event, ended so.
Finished ended(const RunEvent& event, std::int64_t id, Outcome outcome) {
  Finished next = finished(outcome);
  next.event = event;
  next.run.id = id;
  next.run.pipeline = event.pipeline;
  next.base = "";
  return next;
}

TEST(FollowUp, ARegressionIsSearchedFromItsBaseToItsCommit) {
  const auto events = follow_ups(finished(Outcome::regression), {}, kNow);
  ASSERT_THAT(events, SizeIs(1));
  const RunEvent& event = events.front();
  EXPECT_EQ(event.kind, RunEvent::Kind::follow_up);
  EXPECT_EQ(event.pipeline, "benchmark:bisect");
  EXPECT_EQ(event.before, "ba5e");
  EXPECT_EQ(event.sha, "bad");
  EXPECT_EQ(event.id, 0);
  EXPECT_EQ(event.cause, "bisect of demo/benchmark#3");
  EXPECT_EQ(event.params.at("size"), "big");
  EXPECT_EQ(event.received_at, kNow);
  EXPECT_EQ(follow_up_in(event), (FollowUp{FollowUp::Kind::bisect, 0, 1}));
}

TEST(FollowUp, FurtherRegressionsAgainstTheSameBaseAreNoOtherSearch) {
  Finished next = finished(Outcome::regression);
  next.run.id = 13;
  next.run.sha = next.event.sha = "worse";
  EXPECT_EQ(keys(next, {}), keys(finished(Outcome::regression), {}));
  next.base = "0ther";
  EXPECT_NE(keys(next, {}), keys(finished(Outcome::regression), {}));
}

TEST(FollowUp, WhatNeverBeganIsNotMended) {
  Finished unread = finished(Outcome::failed);
  unread.run.attempts = 0;
  EXPECT_THAT(keys(unread, with_fixer()), IsEmpty());
}

TEST(FollowUp, OnlyWhatWentWrongIsFollowed) {
  for (const Outcome good : {Outcome::passed, Outcome::inconclusive, Outcome::error,
                             Outcome::cancelled, Outcome::superseded, Outcome::skipped})
    EXPECT_THAT(keys(finished(good), with_fixer()), IsEmpty()) << to_string(good);
  EXPECT_THAT(keys(finished(Outcome::failed), with_fixer()),
              ElementsAre("benchmark:fix: fix of run 12, try 1"));
  EXPECT_THAT(keys(finished(Outcome::regression), with_fixer()),
              ElementsAre("benchmark:bisect: bisect of demo/benchmark refs/heads/main from ba5e",
                          "benchmark:fix: fix of run 12, try 1"));
}

TEST(FollowUp, StrangersGetNone) {
  Finished strange = finished(Outcome::regression);
  strange.run.trusted = false;
  EXPECT_THAT(keys(strange, with_fixer()), IsEmpty());
}

TEST(FollowUp, FixesAreTriedAsOftenAsConfigured) {
  const ServeConfig config = with_fixer(2);
  const auto first = follow_ups(finished(Outcome::failed), config, kNow);
  ASSERT_THAT(first, SizeIs(1));
  for (const Outcome bad : {Outcome::failed, Outcome::regression, Outcome::inconclusive})
    EXPECT_THAT(keys(ended(first.front(), 20, bad), config),
                ElementsAre("benchmark:fix: fix of run 12, try 2"));
  for (const Outcome other : {Outcome::passed, Outcome::cancelled, Outcome::error})
    EXPECT_THAT(keys(ended(first.front(), 20, other), config), IsEmpty());
  const auto second = follow_ups(ended(first.front(), 20, Outcome::failed), config, kNow);
  EXPECT_EQ(second.front().before, "ba5e") << "what it is compared with stays";
  EXPECT_EQ(second.front().cause, "fix of demo/benchmark#3");
  EXPECT_THAT(keys(ended(second.front(), 21, Outcome::failed), config), IsEmpty());
}

TEST(FollowUp, WhatIsOffDoesNotHappen) {
  ServeConfig off = with_fixer();
  off.orchestrator.failure.auto_fix = false;
  EXPECT_THAT(keys(finished(Outcome::failed), off), IsEmpty());
  ServeConfig nobody;
  nobody.orchestrator.failure.auto_fix = true;
  EXPECT_THAT(keys(finished(Outcome::failed), nobody), IsEmpty());
  EXPECT_THAT(keys(finished(Outcome::failed), with_fixer(0)), IsEmpty());
  ServeConfig no_bisect;
  no_bisect.orchestrator.failure.bisect = false;
  EXPECT_THAT(keys(finished(Outcome::regression), no_bisect), IsEmpty());
  Finished without_base = finished(Outcome::regression);
  without_base.base = "";
  EXPECT_THAT(keys(without_base, {}), IsEmpty());
}

TEST(FollowUp, OtherEventsAreNone) {
  RunEvent event = finished(Outcome::failed).event;
  event.once = "bisect of run 12";
  EXPECT_EQ(follow_up_in(event), std::nullopt) << "a push cannot pose as one";
  event.kind = RunEvent::Kind::follow_up;
  for (const char* key : {"", "bisect of ", "fix of run 12", "fix of run 12, try ",
                          "fix of run 12, try 1 ", "fix of run x, try 1"}) {
    event.once = key;
    EXPECT_EQ(follow_up_in(event), std::nullopt) << key;
  }
}

TEST(FollowUp, NamesLeadBackToThePipeline) {
  EXPECT_EQ(followed_pipeline("build:fix"), "build");
  EXPECT_EQ(followed_pipeline("build"), "build");
}

TEST(FollowUp, AFixHasARefThatGitAllows) {
  PipelineRun run = finished(Outcome::failed).run;
  EXPECT_EQ(ref_of_fix(run, 2), "refs/melisai-gate/fixes/benchmark-3-2");
  run.pipeline = "w/a..b.lock";
  EXPECT_EQ(ref_of_fix(run, 2), "refs/melisai-gate/fixes/w-a--b-lock-3-2+12");
}

}  // namespace follow_up_test
}  // namespace melisai::serve
