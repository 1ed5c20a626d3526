// Runs that wait for others in other ways than for their pass.
#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = PipelineRun::Outcome;
using State = PipelineRun::State;

/// first; then (a skip is fine); always (whatever first does); late, after both.
class QueueWaits : public StoreTest {
 protected:
  void SetUp() override {
    RunEvent event;
    event.project = "demo";
    event.ref = "refs/heads/main";
    event.sha = std::string(40, 'a');
    event.received_at = at(kNow);
    const auto accepted = queue.accept(event).value();
    const Plan plan{
        .ref = event.ref,
        .sha = event.sha,
        .configuration = "{}",
        .runs = {{.pipeline = "first"},
                 {.pipeline = "then", .after_good = {"first"}},
                 {.pipeline = "always", .after_end = {"first"}},
                 {.pipeline = "late", .after_good = {"first"}, .after_end = {"always"}}}};
    runs = queue.plan(accepted.event, plan, at(kNow)).value().value().runs;
  }
  std::vector<std::string> finish(std::size_t run, Outcome outcome) {
    std::vector<std::string> released;
    const Released ended = queue.finish_queued(runs[run].id, outcome, "", at(kNow)).value().value();
    for (const PipelineRun& each : ended)
      released.push_back(
          each.pipeline + " " +
          std::string(each.outcome ? to_string(*each.outcome) : to_string(each.state)));
    return released;
  }

  Queue queue = Queue::open_writer(state_dir).value();
  std::vector<PipelineRun> runs;
};

TEST_F(QueueWaits, BlockUntilThen) {
  EXPECT_EQ(runs[0].state, State::queued);
  for (std::size_t i = 1; i < runs.size(); ++i) EXPECT_EQ(runs[i].state, State::blocked);
  EXPECT_THAT(runs[3].after_good, ElementsAre("first"));
  EXPECT_THAT(runs[3].after_end, ElementsAre("always"));
}

TEST_F(QueueWaits, WhatIsOpenIsReadWithoutItsConfiguration) {
  finish(0, Outcome::failed);
  const auto open = queue.open_runs_of_event(runs[0].event).value();
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].pipeline, "always");
  EXPECT_EQ(open[0].configuration, "");
}

TEST_F(QueueWaits, ForNoTimeOfAClockThatWasSetBackSince) {
  for (const std::int64_t back : {2 * 60, 3600}) {
    SCOPED_TRACE(back);
    EXPECT_THAT(queue.ready(at(kNow - back)).value(), SizeIs(1)) << "it has never waited";
  }
  EXPECT_THAT(queue.ready(at(kNow - 1)).value(), IsEmpty());
  const Attempt attempt =
      queue.begin_attempt(runs[0].id, "/attempts", "boot", at(kNow)).value().value();
  const AttemptEnd again{.outcome = Outcome::error, .retry_at = at(kNow + 600)};
  ASSERT_TRUE(queue.end_attempt(attempt, again, at(kNow)).value());
  EXPECT_THAT(queue.ready(at(kNow)).value(), IsEmpty()) << "its next attempt has a time";
  EXPECT_THAT(queue.ready(at(kNow - 3600)).value(), SizeIs(1));
}

TEST_F(QueueWaits, OfEventsForNoTimeOfAClockThatWasSetBackEither) {
  RunEvent event;
  event.kind = RunEvent::Kind::manual;
  event.project = "demo";
  event.received_at = at(kNow);
  event.id = queue.accept(event).value().event;
  EXPECT_TRUE(queue.due_event(at(kNow - 2 * 60), {}).value());
  ASSERT_TRUE(queue.postpone(event.id, "the server is silent", at(kNow + 600)));
  EXPECT_FALSE(queue.due_event(at(kNow - 2 * 60), {}).value()) << "or it would never rest";
  EXPECT_TRUE(queue.due_event(at(kNow - 3600), {}).value());
}

TEST_F(QueueWaits, APassReleasesAll) {
  EXPECT_THAT(finish(0, Outcome::passed), ElementsAre("then queued", "always queued"));
  EXPECT_THAT(finish(2, Outcome::failed), ElementsAre("late queued")) << "its end is enough";
}

TEST_F(QueueWaits, ASkipIsNoFailure) {
  EXPECT_THAT(finish(0, Outcome::skipped), ElementsAre("then queued", "always queued"));
}

TEST_F(QueueWaits, AFailureReleasesOnlyWhatWaitsForTheEnd) {
  EXPECT_THAT(finish(0, Outcome::failed),
              ElementsAre("then cancelled", "always queued", "late cancelled"));
  EXPECT_THAT(finish(2, Outcome::passed), IsEmpty());
}

}  // namespace
}  // namespace melisai::store
