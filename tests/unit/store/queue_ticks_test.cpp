// Times of schedules, and pushes, that come faster than their runs begin.
#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Outcome = PipelineRun::Outcome;
using State = PipelineRun::State;

class Ticks : public StoreTest {
 protected:
  std::int64_t accept(const std::string& pipeline = "nightly") {
    RunEvent event;
    event.kind = RunEvent::Kind::cron;
    event.project = "demo";
    event.pipeline = pipeline;
    event.cause = "schedule of " + pipeline;
    event.received_at = at(kNow);
    return queue.accept(event)->event;
  }
  /// nightly and, after it, report.
  Planned plan(std::int64_t event, const std::string& pipeline = "nightly") {
    const auto planned =
        queue.plan(event,
                   {.ref = "refs/heads/main",
                    .sha = std::string(40, 'a'),
                    .configuration = "",
                    .runs = {{.pipeline = pipeline, .after = {}},
                             {.pipeline = "report of " + pipeline, .after = {pipeline}}}},
                   at(kNow));
    EXPECT_TRUE(planned && *planned);
    return **planned;
  }
  Planned tick() { return plan(accept()); }
  void pass(const PipelineRun& run) {
    const auto attempt = queue.begin_attempt(run.id, "/attempts", "boot", at(kNow));
    ASSERT_TRUE(attempt && *attempt);
    ASSERT_TRUE(*queue.end_attempt(**attempt, {.outcome = Outcome::passed}, at(kNow)));
  }
  PipelineRun now(const PipelineRun& run) { return *queue.run(run.id); }
  std::vector<std::int64_t> ready() {
    std::vector<std::int64_t> ids;
    for (const PipelineRun& run : *queue.ready(at(kNow))) ids.push_back(run.id);
    return ids;
  }
  std::vector<std::string> open_runs() {
    std::vector<std::string> names;
    for (const PipelineRun& run : *queue.runs({.open = true})) names.push_back(name_of(run));
    return names;
  }

  Queue queue = *Queue::open_writer(state_dir);
};

TEST_F(Ticks, ANewerOneTakesThePlaceOfOneThatHasNotBegun) {
  const Planned first = tick();
  const Planned second = tick();
  EXPECT_THAT(second.superseded, ::testing::SizeIs(2));
  EXPECT_EQ(now(first.runs[0]).outcome, Outcome::superseded);
  EXPECT_EQ(now(first.runs[1]).outcome, Outcome::superseded);
  EXPECT_EQ(now(first.runs[0]).reason, "a newer time of its schedule");
  tick();
  EXPECT_THAT(open_runs(), ElementsAre("demo/report of nightly#3", "demo/nightly#3"));
}

TEST_F(Ticks, ANewerOneBeginsWhenTheOneThatItCameInsteadOfWouldHave) {
  tick();
  const std::int64_t other = plan(accept("weekly"), "weekly").runs[0].id;
  tick();
  const Planned newest = tick();
  EXPECT_THAT(ready(), ElementsAre(newest.runs[0].id, other));
  pass(newest.runs[0]);
  EXPECT_THAT(ready(), ElementsAre(newest.runs[1].id, other)) << "and what comes after it as well";
  const Planned next = tick();
  EXPECT_THAT(ready(), ElementsAre(newest.runs[1].id, other, next.runs[0].id))
      << "that place was used";
}

TEST_F(Ticks, ANewerPushBeginsWhenTheOneBeforeItWouldHaveToo) {
  const auto push = [&](const std::string& branch, char digit) {
    RunEvent event;
    event.kind = RunEvent::Kind::push;
    event.project = "demo";
    event.ref = "refs/heads/" + branch;
    event.sha = std::string(40, digit);
    event.cause = "push";
    event.received_at = at(kNow);
    const Plan made{.ref = event.ref, .sha = event.sha, .configuration = "", .runs = {{"build"}}};
    return queue.plan(queue.accept(event)->event, made, at(kNow)).value().value().runs[0].id;
  };
  push("main", '1');
  const std::int64_t other = push("other", '2');
  const std::int64_t newest = push("main", '3');
  EXPECT_THAT(ready(), ElementsAre(newest, other)) << "a busy branch would wait for ever";
}

TEST_F(Ticks, ANewerOneIsAlsoInsteadOfOneThatCouldNotBePlannedYet) {
  const std::int64_t old = accept();
  const std::int64_t weekly = accept("weekly");
  const std::int64_t newest = accept();
  const std::int64_t later = accept();
  plan(newest);
  const auto kind = [&](std::int64_t event) { return queue.event_state(event)->kind; };
  EXPECT_EQ(kind(old), EventState::Kind::rejected);
  EXPECT_EQ(queue.event_state(old)->reason, "superseded: a newer time of its schedule");
  EXPECT_EQ(kind(weekly), EventState::Kind::open);
  EXPECT_EQ(kind(later), EventState::Kind::open);
}

TEST_F(Ticks, OneThatHasBegunGoesOnToItsEnd) {
  const Planned first = tick();
  ASSERT_TRUE(*queue.begin_attempt(first.runs[0].id, "/attempts", "boot", at(kNow)));
  EXPECT_THAT(tick().superseded, IsEmpty());
  EXPECT_EQ(now(first.runs[1]).state, State::blocked);
}

TEST_F(Ticks, WhatComesLastInOneIsReachedAlsoOnABusyMachine) {
  const Planned first = tick();
  pass(first.runs[0]);
  EXPECT_THAT(tick().superseded, IsEmpty());
  EXPECT_EQ(now(first.runs[1]).state, State::queued);
}

TEST_F(Ticks, OfAPausedPipelineThatComesLastOneWaitsToo) {
  ASSERT_TRUE(queue.pause_pipeline({"demo", "report of nightly", "by hand", at(kNow)}));
  const Planned first = tick();
  pass(first.runs[0]);
  const Planned second = tick();
  EXPECT_EQ(now(first.runs[1]).outcome, Outcome::superseded);
  pass(second.runs[0]);
  EXPECT_THAT(open_runs(), ElementsAre("demo/report of nightly#2"));
}

TEST_F(Ticks, OthersAreLeftAlone) {
  const Planned weekly = plan(accept("weekly"), "weekly");
  const Planned newer = tick();
  EXPECT_THAT(newer.superseded, IsEmpty());
  RunEvent by_hand;
  by_hand.kind = RunEvent::Kind::manual;
  by_hand.project = "demo";
  by_hand.pipeline = "nightly";
  by_hand.received_at = at(kNow);
  EXPECT_THAT(plan(queue.accept(by_hand)->event).superseded, IsEmpty());
  EXPECT_EQ(now(weekly.runs[0]).state, State::queued);
  EXPECT_EQ(now(newer.runs[0]).state, State::queued);
}

TEST_F(Ticks, ThatWereHeldBackAreDueWhenThePauseEnds) {
  const auto due = [&] { return *queue.due_event(at(kNow), {}); };
  const std::int64_t event = accept();
  ASSERT_TRUE(queue.postpone(event, "no pipeline file", at(kNow + 600)));
  EXPECT_FALSE(due());
  EXPECT_EQ(*queue.resume_pipelines("demo", "weekly"), 0);
  EXPECT_FALSE(due()) << "another one was resumed";
  ASSERT_TRUE(queue.resume_pipelines("demo", "nightly"));
  EXPECT_TRUE(due());
  ASSERT_TRUE(queue.postpone(event, "no pipeline file", at(kNow + 600)));
  ASSERT_TRUE(queue.set_paused(true, "by hand"));
  EXPECT_FALSE(due());
  ASSERT_TRUE(queue.set_paused(false, ""));
  EXPECT_TRUE(due());
}

}  // namespace
}  // namespace melisai::store
