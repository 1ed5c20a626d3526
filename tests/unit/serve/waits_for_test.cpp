#include "core/serve/waits_for.h"

#include <gmock/gmock.h>

#include "tests/unit/serve/run_fixture.h"

namespace melisai::serve {
namespace waits_for_test {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class WaitsForTest : public WithQueue {
 protected:
  /// Runs of one event of their own. By hand: a push is accepted once, and supersedes others.
  std::vector<PipelineRun> plan(const std::string& sha, std::vector<store::PlannedRun> planned) {
    RunEvent event = push_of("demo", sha);
    event.kind = RunEvent::Kind::manual;
    const auto accepted = queue.accept(event).value();
    store::Plan plan{.ref = event.ref, .sha = sha, .configuration = "{}"};
    plan.runs = std::move(planned);
    return queue.plan(accepted.event, plan, kNow).value().value().runs;
  }
  PipelineRun plan_one(const std::string& sha, const std::string& pipeline,
                       bool exclusive = false) {
    return plan(sha, {{.pipeline = pipeline, .after = {}, .exclusive = exclusive}}).front();
  }
  Attempt begin(const PipelineRun& run) {
    const std::string attempts = directory.path() + "/attempts";
    const Attempt attempt = queue.begin_attempt(run.id, attempts, "boot", kNow).value().value();
    EXPECT_TRUE(make_directories(attempt.directory));
    return attempt;
  }
  std::string wait_of(const PipelineRun& run, WallTime now = kNow) {
    return WaitsFor(queue, rules, now).of(queue.run(run.id).value());
  }

  DispatchRules rules{.engines = 2};
};

TEST_F(WaitsForTest, ARunWhoseTurnItIsWaitsForNothing) {
  const PipelineRun build = plan_one(kShaA, "build");
  EXPECT_EQ(wait_of(build), "");
  begin(build);
  EXPECT_EQ(wait_of(build), "");
}

TEST_F(WaitsForTest, ABlockedOneForWhatItComesAfter) {
  const auto runs = plan(kShaA, {{.pipeline = "build", .after = {}},
                                 {.pipeline = "lint", .after = {}},
                                 {.pipeline = "test", .after = {"build"}, .after_end = {"lint"}}});
  EXPECT_EQ(wait_of(runs[2]), "demo/build#1 to pass, and demo/lint#1 to end");
}

TEST_F(WaitsForTest, TheRunsOfOneEventAreReadOnce) {
  const auto runs = plan(kShaA, {{.pipeline = "build", .after = {}},
                                 {.pipeline = "test", .after = {"build"}},
                                 {.pipeline = "lint", .after = {"build"}}});
  WaitsFor waits(queue, rules, kNow);
  EXPECT_EQ(waits.of(runs[1]), "demo/build#1 to pass");
  ASSERT_TRUE(queue.cancel(runs[0].id, "by hand", kNow));
  EXPECT_EQ(waits.of(runs[2]), "demo/build#1 to pass") << "one answer is of one moment";
  EXPECT_EQ(WaitsFor(queue, rules, kNow).of(runs[2]), "");
}

TEST_F(WaitsForTest, FreeEnginesAndTheirNumber) {
  begin(plan_one(kShaA, "a"));
  begin(plan_one(kShaA, "b"));
  EXPECT_EQ(wait_of(plan_one(kShaA, "c")), "a free engine (max_parallel_pipelines: 2)");
  rules.parallel = false;
  EXPECT_THAT(wait_of(plan_one(kShaA, "d")), HasSubstr("optimization.parallel_execution"));
}

TEST_F(WaitsForTest, OneThatMeasures) {
  const PipelineRun build = plan_one(kShaA, "build");
  begin(build);
  const PipelineRun bench = plan_one(kShaA, "benchmark", true);
  const PipelineRun younger = plan_one(kShaB, "lint");
  EXPECT_EQ(wait_of(bench), "demo/build#1 to end, because it measures alone");
  EXPECT_EQ(wait_of(younger), "demo/benchmark#1, which is older and measures alone");
}

TEST_F(WaitsForTest, OneThatIsMeasuring) {
  begin(plan_one(kShaA, "benchmark", true));
  EXPECT_EQ(wait_of(plan_one(kShaB, "lint")), "demo/benchmark#1 to end, which measures alone");
}

TEST_F(WaitsForTest, TheSamePipelineOnTheSameCommit) {
  begin(plan_one(kShaA, "build"));
  EXPECT_EQ(wait_of(plan_one(kShaA, "build")),
            "demo/build#1 to end, the same pipeline on the same commit");
}

TEST_F(WaitsForTest, APauseAndHowToEndIt) {
  const PipelineRun build = plan_one(kShaA, "build");
  ASSERT_TRUE(queue.pause_pipeline(
      {.project = "demo", .pipeline = "build", .reason = "demo/build#1: failed", .since = kNow}));
  EXPECT_EQ(wait_of(build),
            "`melisai-gate resume build --project demo`: it is paused (demo/build#1: failed)");
  ASSERT_TRUE(queue.set_paused(true, "by hand"));
  EXPECT_EQ(wait_of(build), "`melisai-gate resume`: everything is paused (by hand)");
}

TEST_F(WaitsForTest, TheTimeOfItsNextAttempt) {
  const PipelineRun build = plan_one(kShaA, "build");
  const Attempt attempt = begin(build);
  ASSERT_TRUE(queue.end_attempt(attempt,
                                {.outcome = PipelineRun::Outcome::error,
                                 .reason = "disk full",
                                 .report = {},
                                 .retry_at = kNow + 10s},
                                kNow));
  EXPECT_EQ(wait_of(build), "its next attempt at 2026-11-21T02:00:10Z");
  EXPECT_EQ(wait_of(build, kNow + 10s), "");
}

TEST_F(WaitsForTest, WhatItsAttemptSays) {
  const PipelineRun build = plan_one(kShaA, "build");
  const std::string file = begin(build).directory + "/" + kWaitsForFile;
  ASSERT_TRUE(write_file(file, "the machine: another melisai-gate measures"));
  EXPECT_EQ(wait_of(build), "the machine: another melisai-gate measures");
  ASSERT_TRUE(write_file(file, std::string(kWaitsForMax + 1, 'x')));
  EXPECT_EQ(wait_of(build), "") << "none of ours is that long";
}

}  // namespace waits_for_test
}  // namespace melisai::serve
