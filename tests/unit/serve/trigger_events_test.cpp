#include "core/serve/trigger_events.h"

#include <gmock/gmock.h>

#include "tests/unit/serve/run_fixture.h"

namespace melisai::serve {
namespace trigger_events_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Kind = RunEvent::Kind;

const WatchedProject kDemo{.name = "demo",
                           .repository = "/srv/demo.git",
                           .token = "",
                           .branches = {"main", "release/*"},
                           .tags = {"v*"},
                           .pipelines = {}};

CustomTrigger inbox() {
  return {.name = "inbox",
          .argv = {"watch"},
          .project = "demo",
          .pipelines = {"nightly"},
          .commits = true};
}

RunEvent event(const trigger::CustomFiring& firing) {
  const auto made = event_of(firing, inbox(), kDemo, kNow);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *made : RunEvent{};
}

std::string refusal(const trigger::CustomFiring& firing, const CustomTrigger& trigger = inbox()) {
  const auto made = event_of(firing, trigger, kDemo, kNow);
  return made ? "accepted" : made.error().message;
}

TEST(TriggerEvents, ANameStartsThatPipeline) {
  const RunEvent made = event({.pipeline = "nightly", .id = "7", .params = {{"k", "v"}}});
  EXPECT_EQ(made.kind, Kind::custom);
  EXPECT_EQ(made.project, "demo");
  EXPECT_EQ(made.pipeline, "nightly");
  EXPECT_EQ(made.sha, "");
  EXPECT_THAT(made.params, ElementsAre(Pair("k", "v")));
  EXPECT_EQ(made.cause, "trigger inbox");
  EXPECT_EQ(made.once, "custom inbox 7");
  EXPECT_EQ(made.received_at, kNow);
  EXPECT_EQ(event({.pipeline = "nightly"}).once, "");
}

TEST(TriggerEvents, ACommitIsAPushOrATag) {
  EXPECT_EQ(event({.ref = "refs/heads/release/2", .sha = kShaA}).kind, Kind::push);
  EXPECT_EQ(event({.ref = "refs/tags/v1", .sha = kShaA}).kind, Kind::tag);
  const RunEvent both = event({.ref = "refs/heads/main", .sha = kShaA, .pipeline = "nightly"});
  EXPECT_EQ(both.kind, Kind::custom);
  EXPECT_EQ(both.sha, kShaA);
}

TEST(TriggerEvents, OnlyWhatTheConfigurationNamesMayStart) {
  EXPECT_THAT(refusal({.pipeline = "deploy"}),
              HasSubstr("trigger inbox may not start 'deploy'; its 'pipelines' are: nightly"));
  CustomTrigger narrow = inbox();
  narrow.commits = false;
  EXPECT_THAT(refusal({.ref = "refs/heads/main", .sha = kShaA}, narrow),
              HasSubstr("may not tell of commits"));
  EXPECT_EQ(refusal({.ref = "refs/heads/main", .sha = kShaA, .pipeline = "nightly"}, narrow),
            "accepted");
}

TEST(TriggerEvents, BranchesAndTagsThatAreNotWatchedAreRefused) {
  EXPECT_THAT(refusal({.ref = "refs/heads/topic", .sha = kShaA}), HasSubstr("'refs/heads/topic'"));
  EXPECT_THAT(refusal({.ref = "refs/tags/x", .sha = kShaA, .pipeline = "nightly"}),
              HasSubstr("do not let through"));
}

}  // namespace trigger_events_test
}  // namespace melisai::serve
