// What is counted over all runs, and pages of runs.
#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using Outcome = PipelineRun::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueueTotals : public StoreTest {
 protected:
  Queue queue = Queue::open_writer(state_dir).value();

  std::int64_t accept(const std::string& project) {
    RunEvent event;
    event.kind = RunEvent::Kind::manual;
    event.project = project;
    event.received_at = at(kNow);
    return queue.accept(event).value().event;
  }
  std::int64_t add(const std::string& project, const std::string& pipeline,
                   bool exclusive = false) {
    const Plan plan{.ref = "refs/heads/main",
                    .sha = std::string(40, 'a'),
                    .configuration = "{}",
                    .runs = {{.pipeline = pipeline, .after = {}, .exclusive = exclusive}}};
    return queue.plan(accept(project), plan, at(kNow)).value()->runs.front().id;
  }
  void run(std::int64_t id, Outcome outcome, std::chrono::seconds takes) {
    const auto attempt = queue.begin_attempt(id, "/attempts", "boot", at(kNow)).value();
    ASSERT_TRUE(attempt);
    ASSERT_TRUE(queue.end_attempt(*attempt, {.outcome = outcome}, at(kNow) + takes).value());
  }
  std::vector<std::int64_t> ids(const QueueFilter& filter) {
    std::vector<std::int64_t> found;
    for (const PipelineRun& each : queue.runs(filter).value()) found.push_back(each.id);
    return found;
  }
};

TEST_F(QueueTotals, CountFinishedRunsByPipelineAndOutcomeWithTheirDurations) {
  run(add("demo", "build"), Outcome::passed, std::chrono::seconds(10));
  run(add("demo", "build"), Outcome::passed, std::chrono::seconds(11));
  run(add("demo", "speed", true), Outcome::regression, std::chrono::hours(3));
  queue.cancel(add("demo", "build"), "", at(kNow)).value();
  add("demo", "build");  // open

  const std::vector<RunTotals> all = queue.run_totals().value();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].outcome, Outcome::cancelled);
  EXPECT_EQ(all[0].runs, 1);
  EXPECT_EQ(all[0].started, 0);
  EXPECT_EQ(all[1].outcome, Outcome::passed);
  EXPECT_EQ(all[1].runs, 2);
  EXPECT_EQ(all[1].started, 2);
  EXPECT_DOUBLE_EQ(all[1].seconds, 21);
  EXPECT_EQ(all[1].within, (decltype(RunTotals::within){0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}));
  EXPECT_EQ(all[2].pipeline, "speed");
  EXPECT_TRUE(all[2].exclusive);
  EXPECT_EQ(all[2].within, (decltype(RunTotals::within){}));
}

TEST_F(QueueTotals, AreTheSameAfterRunsWereForgotten) {
  constexpr std::chrono::seconds kTime{11};
  for (int i = 0; i < 3; ++i) run(add("demo", "build"), Outcome::passed, kTime * (i + 1));
  run(add("demo", "build"), Outcome::failed, std::chrono::hours(3));
  run(add("demo", "speed", true), Outcome::regression, kTime);
  queue.cancel(add("demo", "build"), "", at(kNow)).value();
  add("demo", "build");  // open
  const std::vector<RunTotals> before = queue.run_totals().value();
  // Some now, the rest later, also of one pipeline.
  for (const std::vector<std::int64_t>& events :
       {std::vector<std::int64_t>{1, 5}, {2, 4}, {3, 6, 7}}) {
    ASSERT_TRUE(queue.forget_events(events));
    EXPECT_EQ(queue.run_totals().value(), before);
  }
  EXPECT_EQ(queue.run_ids().value().size(), 1u) << "only what is open";
  run(7, Outcome::passed, kTime);
  EXPECT_EQ(queue.run_totals().value()[2].runs, before[2].runs + 1);
  queue = Queue::open_writer(state_dir).value();
  EXPECT_EQ(queue.run_totals().value()[2].within,
            (decltype(RunTotals::within){0, 0, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4}));
}

TEST_F(QueueTotals, HaveAnEndHoweverManyPipelinesThereAre) {
  for (int i = 0; i < kPipelinesCounted + 5; ++i)
    run(add("demo", "p" + std::to_string(i)), Outcome::passed, std::chrono::seconds(i));
  const auto count = [&] {
    std::int64_t runs = 0;
    for (const RunTotals& totals : queue.run_totals().value()) runs += totals.runs;
    return runs;
  };
  const std::vector<RunTotals> before = queue.run_totals().value();
  EXPECT_EQ(before.size(), std::size_t{kPipelinesCounted + 1});
  EXPECT_EQ(before.back().project, kOtherPipelines);
  EXPECT_EQ(before.back().runs, 5);
  EXPECT_EQ(count(), kPipelinesCounted + 5);
  ASSERT_TRUE(queue.forget_events({1, 2, kPipelinesCounted + 1, kPipelinesCounted + 2}));
  EXPECT_EQ(queue.run_totals().value(), before);
  run(add("demo", "one more"), Outcome::passed, std::chrono::seconds(1));
  EXPECT_EQ(queue.run_totals().value().back().runs, 6) << "a name is never given to another one";
  EXPECT_EQ(queue.run_totals().value().size(), before.size());
}

TEST_F(QueueTotals, CountWhatIsOpenAndSayHowOldItIs) {
  EXPECT_FALSE(queue.open_totals().value().oldest);
  add("demo", "build");
  accept("demo");
  const OpenTotals totals = queue.open_totals().value();
  EXPECT_EQ(totals.queued, 1);
  EXPECT_EQ(totals.running, 0);
  EXPECT_EQ(totals.events, 1);
  EXPECT_EQ(totals.oldest, at(kNow));
}

TEST_F(QueueTotals, PagesAreFiltered) {
  const std::int64_t first = add("demo", "build");
  const std::int64_t second = add("demo", "test");
  const std::int64_t third = add("other", "build");
  run(second, Outcome::failed, std::chrono::seconds(1));
  EXPECT_THAT(ids({.before = third}), ElementsAre(second, first));
  EXPECT_THAT(ids({.state = PipelineRun::State::queued}), ElementsAre(third, first));
  EXPECT_THAT(ids({.outcome = Outcome::failed}), ElementsAre(second));
  EXPECT_THAT(ids({.project = "demo", .limit = 1, .before = second}), ElementsAre(first));
  EXPECT_THAT(ids({.before = first}), IsEmpty());
  EXPECT_EQ(queue.runs({}).value().front().configuration, "{}");
  EXPECT_EQ(queue.runs({.configuration = false}).value().front().configuration, "");
}

TEST_F(QueueTotals, TellWhatBecameOfAnEvent) {
  const std::int64_t event = accept("demo");
  EXPECT_EQ(queue.event_state(event).value().kind, EventState::Kind::open);
  ASSERT_TRUE(queue.reject(event, "no such pipeline"));
  EXPECT_EQ(queue.event_state(event).value().kind, EventState::Kind::rejected);
  EXPECT_EQ(queue.event_state(event).value().reason, "no such pipeline");
  EXPECT_EQ(queue.event_state(99).error().code, Errc::not_found);
}

}  // namespace
}  // namespace melisai::store
