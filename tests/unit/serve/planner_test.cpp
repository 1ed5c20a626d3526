#include "core/serve/planner.h"

#include "core/serve/pinned.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace planner_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = PipelineRun::Outcome;
using State = PipelineRun::State;

constexpr const char* kPipelines =
    "version: 1\n"
    "pipelines:\n"
    "  build: { trigger: on_commit, run: make }\n"
    "  test: { trigger: after_build, run: make test }\n";

class PlannerTest : public WithLoop {
 protected:
  ~PlannerTest() override {
    planner.stop([](const Result<void>&) {});
  }

  std::int64_t accept(RunEvent event, std::chrono::nanoseconds ago = {}) {
    event.received_at = clock.now() - std::chrono::duration_cast<WallTime::duration>(ago);
    return queue.accept(event).value().event;
  }
  /// A time of the schedule of `nightly`.
  std::int64_t tick(std::chrono::nanoseconds ago = {}) {
    RunEvent event = push_of("demo", "");
    event.kind = RunEvent::Kind::cron;
    event.ref = "";
    event.pipeline = "nightly";
    return accept(event, ago);
  }
  /// Plans what is open, as often as once per event.
  void plan(int events = 1) {
    const int before = planned;
    planner.start([](const Result<void>&) {});
    turn_until([&] { return planned == before + events; });
  }
  /// Plans it for the last time, in vain.
  void give_up(std::int64_t event) {
    for (int tried = 0; tried < kPlanningTriesMin; ++tried)
      ASSERT_TRUE(queue.postpone(event, "no branch holds it", kNow));
    remote.failure = Error{Errc::git, "no branch holds it"};
    plan();
    EXPECT_THAT(queue.open_events().value(), IsEmpty());
  }
  std::vector<PipelineRun> runs() { return queue.runs({}).value(); }
  /// Not planned, and tried again later.
  void expect_waiting(const std::string& project) {
    const auto open = queue.open_events().value();
    ASSERT_THAT(open, SizeIs(1));
    EXPECT_EQ(open.front().event.project, project);
    EXPECT_EQ(open.front().tries, 1);
    EXPECT_GT(open.front().not_before, kNow);
    EXPECT_THAT(runs(), IsEmpty());
  }
  void commit(const std::string& sha, const std::string& pipelines) {
    git.commits[sha][".melisai-gate.yaml"] = pipelines;
  }

  int planned = 0;
  std::map<std::string, std::size_t> seen;
  Planner planner{context,
                  {.planned = [this] { ++planned; },
                   .seen = [this](const std::string& project,
                                  const auto& pipelines) { seen[project] = pipelines.size(); }}};
};

TEST_F(PlannerTest, APushStartsThePipelinesOfItsCommit) {
  commit(kShaA, kPipelines);
  accept(push_of("demo", kShaA));
  plan();
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[1].pipeline, "build");
  EXPECT_EQ(all[1].state, State::queued);
  EXPECT_EQ(all[0].pipeline, "test");
  EXPECT_EQ(all[0].state, State::blocked);
  EXPECT_EQ(all[0].sha, kShaA);
  EXPECT_EQ(pinned_from_json(all[0].configuration).value(), (Pinned{kPipelines, kProject}));
  EXPECT_THAT(queue.open_events().value(), IsEmpty());
}

// Each question to git is a process, and somebody waits for the stage that comes of it.
TEST_F(PlannerTest, APushIsPlannedWithOneQuestionToGit) {
  commit(kShaA, kPipelines);
  git.failure = Error{Errc::git, "asked once more"};
  accept(push_of("demo", kShaA));
  plan();
  EXPECT_THAT(runs(), SizeIs(2));
}

TEST_F(PlannerTest, RunsOfAStoredWorkflowKeepItsText) {
  const std::string text = "w: { trigger: on_commit, steps: [ { pipeline: test } ] }";
  context.workflows = std::make_shared<const WorkflowSet>(
      workflows_in_force(config, {{.name = "w", .text = text}}, test_sources()));
  commit(kShaA, kPipelines);
  accept(push_of("demo", kShaA));
  plan();
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].pipeline, "w/test");
  EXPECT_EQ(pinned_from_json(all[0].configuration).value(), (Pinned{kPipelines, kProject, {text}}));
}

TEST_F(PlannerTest, ARunThatIsRepeatedKeepsTheTextOfItsStoredWorkflow) {
  const auto put_in_force = [this](const std::string& text) {
    context.workflows = std::make_shared<const WorkflowSet>(
        text.empty() ? WorkflowSet{.all = config.workflows, .stored = {}, .problems = {}}
                     : workflows_in_force(config, {{.name = "w", .text = text}}, test_sources()));
  };
  const std::string text = "w: { trigger: on_commit, steps: [ { pipeline: test } ] }";
  put_in_force(text);
  commit(kShaA, kPipelines);
  accept(push_of("demo", kShaA));
  plan();
  RunEvent again = push_of("demo", kShaA);
  again.kind = RunEvent::Kind::manual;
  again.pipeline = "w";
  again.again = runs().front().id;
  // Changed, then removed.
  for (const char* now : {"w: { trigger: manual, steps: [ { pipeline: build } ] }", ""}) {
    put_in_force(now);
    accept(again);
    plan();
    const PipelineRun repeated = runs().front();
    EXPECT_EQ(repeated.pipeline, "w/test") << now;
    EXPECT_EQ(pinned_from_json(repeated.configuration).value().workflows,
              std::vector<std::string>{text});
  }
  again.again = 99;
  accept(again);
  plan();
  EXPECT_EQ(runs().front().outcome, Outcome::failed);
  EXPECT_THAT(runs().front().reason, HasSubstr("that run is forgotten"));
}

TEST_F(PlannerTest, ABrokenPipelineFileIsARedRun) {
  commit(kShaA, "version: 1\npipelines: [\n");
  accept(push_of("demo", kShaA));
  plan();
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].pipeline, "configuration");
  EXPECT_EQ(all[0].outcome, Outcome::failed);
  EXPECT_THAT(all[0].reason, HasSubstr(".melisai-gate.yaml"));
}

TEST_F(PlannerTest, ABrokenPipelineFileStopsNothingThatDoesWithoutIt) {
  config = config_of(kProject +
                     "pipelines: { build: { trigger: on_commit, run: make },\n"
                     "             own: { trigger: on_commit } }\n");
  commit(kShaA, "version: 1\npipelines: [\n");
  accept(push_of("demo", kShaA));
  plan();
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].pipeline, "own") << "its attempt ends with the error of the file";
  EXPECT_EQ(all[1].pipeline, "build");
  EXPECT_EQ(all[1].state, State::queued);
}

TEST_F(PlannerTest, ABrokenPipelineFileIsARedRunForASchedule) {
  commit(kShaA, "version: 1\npipelines: [\n");
  set_refs({{"refs/heads/main", kShaA}});
  tick();
  plan();
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].pipeline, "nightly");
  EXPECT_EQ(all[0].sha, kShaA);
  EXPECT_EQ(all[0].outcome, Outcome::failed);
}

TEST_F(PlannerTest, APausedScheduleWithABrokenFileWaitsAndTurnsNothingRed) {
  commit(kShaA, "version: 1\npipelines: [\n");
  set_refs({{"refs/heads/main", kShaA}});
  ASSERT_TRUE(queue.pause_pipeline({"demo", "nightly", "by hand", kNow}));
  const std::int64_t older = tick();
  plan();
  expect_waiting("demo");
  tick();
  ASSERT_TRUE(queue.resume_pipelines("demo", "nightly"));
  ASSERT_TRUE(queue.set_paused(true, "by hand"));
  plan(2);
  EXPECT_THAT(runs(), IsEmpty()) << "now all is paused";
  const auto open = queue.open_events().value();
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open.front().event.id, older) << "one waits";
  ASSERT_TRUE(queue.set_paused(false, ""));
  plan();
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_EQ(runs().front().outcome, Outcome::failed);
}

TEST_F(PlannerTest, TellsWhatTheDefaultBranchHas) {
  commit(kShaA, kPipelines);
  accept(push_of("demo", kShaA));
  plan();
  EXPECT_EQ(seen["demo"], 2u);
}

TEST_F(PlannerTest, ACommitWithoutAPipelineFileIsARedRun) {
  accept(push_of("demo", kShaA));
  plan();
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].outcome, Outcome::failed);
  EXPECT_THAT(all[0].reason, HasSubstr("is not in commit " + kShaA));
}

TEST_F(PlannerTest, APushThatStartsNothingIsDone) {
  commit(kShaA, "version: 1\npipelines:\n  clean: { trigger: manual, run: make clean }\n");
  accept(push_of("demo", kShaA));
  plan();
  EXPECT_THAT(runs(), IsEmpty());
  EXPECT_THAT(queue.open_events().value(), IsEmpty());
}

TEST_F(PlannerTest, AServerThatCannotBeReachedKeepsTheEventOpen) {
  commit(kShaA, kPipelines);
  accept(push_of("demo", kShaA));
  remote.failure = Error{Errc::git, "connection refused"};
  plan();
  expect_waiting("demo");
}

TEST_F(PlannerTest, ACommitThatNobodyCanFetchIsARedRunInTheEnd) {
  queue.set_notice_rules({.failures = true, .sinks = {"log"}});
  give_up(accept(push_of("demo", kShaA), kPlanningPatience));
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].outcome, Outcome::error);
  EXPECT_EQ(all[0].sha, kShaA);
  EXPECT_EQ(all[0].reason, "given up after 3 d: no branch holds it");
  const auto told = queue.waiting_deliveries(5).value();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told.front().notice.event, Notice::Event::error);
}

TEST_F(PlannerTest, ACommitThatItsBranchHasLeftIsGivenUpQuietly) {
  const std::int64_t old = accept(push_of("demo", kShaA), kPlanningPatience);
  ASSERT_TRUE(queue.note_refs("demo", {{"refs/heads/main", kShaB}}, kNow));
  give_up(old);
  EXPECT_THAT(runs(), IsEmpty());
  const auto given_up = queue.given_up(5).value();
  ASSERT_THAT(given_up, SizeIs(1));
  EXPECT_EQ(given_up.front().reason, "given up after 3 d: no branch holds it");
  EXPECT_EQ(given_up.front().cause, "push to main");
}

TEST_F(PlannerTest, NothingIsGivenUpForAClockThatWasSet) {
  accept(push_of("demo", kShaA), kPlanningPatience);
  remote.failure = Error{Errc::git, "connection refused"};
  plan();
  expect_waiting("demo");
  EXPECT_THAT(queue.given_up(5).value(), IsEmpty());
}

TEST_F(PlannerTest, AManualEventRunsOnTheTipOfTheDefaultBranch) {
  commit(kShaB, kPipelines);
  set_refs({{"refs/heads/main", kShaB}, {"refs/heads/topic", kShaA}});
  RunEvent event = push_of("demo", "");
  event.kind = RunEvent::Kind::manual;
  event.ref = "";
  event.pipeline = "test";
  accept(event);
  plan();
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].pipeline, "test");
  EXPECT_EQ(all[0].ref, "refs/heads/main");
  EXPECT_EQ(all[0].sha, kShaB);
  EXPECT_EQ(all[0].state, State::queued);
}

TEST_F(PlannerTest, AShortNameIsATagOrABranch) {
  commit(kShaA, kPipelines);
  commit(kShaB, kPipelines);
  set_refs({{"refs/heads/next", kShaA}, {"refs/tags/v1", kShaB}, {"refs/heads/v1", kShaA}});
  for (const char* name : {"next", "v1"}) {
    RunEvent event = push_of("demo", "");
    event.kind = RunEvent::Kind::manual;
    event.ref = name;
    event.pipeline = "build";
    accept(event);
  }
  plan(2);
  std::vector<std::string> refs;
  for (const PipelineRun& run : runs())
    if (run.pipeline == "build") refs.push_back(run.ref + " " + run.sha.substr(0, 1));
  EXPECT_THAT(refs, ::testing::UnorderedElementsAre("refs/heads/next a", "refs/tags/v1 b"));
}

TEST_F(PlannerTest, ARefThatIsNotThereIsARedRun) {
  set_refs({{"refs/heads/main", kShaA}});
  RunEvent event = push_of("demo", "");
  event.kind = RunEvent::Kind::manual;
  event.ref = "gone";
  event.pipeline = "build";
  accept(event);
  plan();
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].pipeline, "build");
  EXPECT_EQ(all[0].ref, "refs/heads/gone");
  EXPECT_EQ(all[0].sha, "");
  EXPECT_EQ(all[0].outcome, Outcome::failed);
  EXPECT_EQ(all[0].reason, "demo has no refs/heads/gone");
  EXPECT_THAT(queue.open_events().value(), IsEmpty());
}

TEST_F(PlannerTest, WhatNoCommitWasEverFoundForIsARedRunInTheEnd) {
  give_up(tick(kPlanningPatience));
  const auto all = runs();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].pipeline, "nightly");
  EXPECT_EQ(all[0].outcome, Outcome::error);
}

TEST_F(PlannerTest, AScheduleIsGivenUpAlsoWhenItsTimesComeFaster) {
  remote.failure = Error{Errc::git, "connection refused"};
  const std::int64_t first = tick(kPlanningPatience);
  plan();
  for (int newer = 0; newer < 2; ++newer) {
    tick();
    plan();
    const auto open = queue.open_events().value();
    ASSERT_THAT(open, SizeIs(1));
    EXPECT_EQ(open.front().event.id, first);
  }
  give_up(first);
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_EQ(runs().front().outcome, Outcome::error);
}

TEST_F(PlannerTest, OneTimeOfAScheduleIsPlannedWhenItsServerIsBack) {
  commit(kShaA,
         "version: 1\npipelines: { nightly: { trigger: cron, schedule: \"0 0 3 * * *\",\n"
         "                        run: make } }\n");
  set_refs({{"refs/heads/main", kShaA}});
  const std::int64_t older = tick();
  ASSERT_TRUE(queue.postpone(older, "refused", clock.now() + std::chrono::minutes(10)));
  tick();
  plan();
  EXPECT_THAT(runs(), SizeIs(1));
  EXPECT_THAT(queue.open_events().value(), IsEmpty()) << "the newer one is instead of it";
  EXPECT_EQ(queue.event_state(older)->kind, store::EventState::Kind::rejected);
}

TEST_F(PlannerTest, AServerThatHangsDelaysItsOwnProjectOnly) {
  config.projects.push_back(config.projects.front());
  config.projects.back().name = "slow";
  config.projects.back().repository = "/srv/slow.git";
  slow_servers.hang("/srv/slow.git");
  for (std::size_t i = 0; i < kPoolThreads; ++i) {
    RunEvent event = push_of("slow", kShaB);
    event.ref = "refs/heads/topic" + std::to_string(i);
    accept(event);
  }
  commit(kShaA, kPipelines);
  accept(push_of("demo", kShaA));
  plan();
  EXPECT_THAT(runs(), SizeIs(2)) << "of the other project";
}

TEST_F(PlannerTest, APausedScheduleOfAProjectThatIsGoneEnds) {
  ASSERT_TRUE(queue.set_paused(true, "by hand"));
  RunEvent event = push_of("gone", "");
  event.kind = RunEvent::Kind::cron;
  event.pipeline = "nightly";
  accept(event);
  plan();
  EXPECT_THAT(queue.open_events().value(), IsEmpty());
  ASSERT_THAT(runs(), SizeIs(1));
  EXPECT_THAT(runs().front().reason, HasSubstr("no project 'gone' any more"));
}

TEST_F(PlannerTest, EventsOfProjectsThatAreGoneEndOnceEach) {
  for (const char* project : {"gone", "lost"}) accept(push_of(project, kShaA));
  plan(2);
  EXPECT_THAT(runs(), SizeIs(2));
  EXPECT_THAT(queue.open_events().value(), IsEmpty());
  loop.poll();
  EXPECT_EQ(planned, 2);
}

}  // namespace planner_test
}  // namespace melisai::serve
