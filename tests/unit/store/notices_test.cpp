// What finished runs tell people, and the way of a notice to its sinks.
#include <sqlite3.h>

#include "core/store/queue.h"
#include "core/store/schema.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace notices_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = PipelineRun::Outcome;
using namespace std::chrono_literals;

struct What {
  std::string pipeline = "build";
  std::string ref = "refs/heads/main";
  bool exclusive = false;
  DurationLimits duration = {};
  RunEvent::Kind kind = RunEvent::Kind::manual;
  bool readable = true;
  std::optional<PlannedEnd> end = {};
};

class Notices : public StoreTest {
 protected:
  Queue queue = open();
  int events = 0;

  Notices() { tell({}); }
  Queue open() { return Queue::open_writer(state_dir).value(); }
  void reopen() { queue = open(); }
  void tell(NoticeRules rules) {
    rules.sinks = {"log", "email"};
    queue.set_notice_rules(rules);
  }

  PipelineRun queued(const What& what) {
    RunEvent event;
    event.kind = what.kind;
    event.project = "demo";
    event.ref = what.ref;
    event.sha = std::to_string(++events);
    event.received_at = at(kNow);
    const auto accepted = queue.accept(event);
    const auto planned = queue.plan(accepted->event,
                                    {.ref = what.ref,
                                     .sha = std::string(40, 'a'),
                                     .configuration = "",
                                     .runs = {{.pipeline = what.pipeline,
                                               .after = {},
                                               .exclusive = what.exclusive,
                                               .duration = what.duration}},
                                     .readable = what.readable,
                                     .end = what.end},
                                    at(kNow));
    return (*planned)->runs.front();
  }
  Attempt begun(const PipelineRun& run) {
    return queue.begin_attempt(run.id, "/attempts", "boot", at(kNow)).value().value();
  }
  void end(const Attempt& attempt, Outcome outcome, Milliseconds after = 1s) {
    EXPECT_TRUE(
        *queue.end_attempt(attempt, {.outcome = outcome, .reason = "why"}, at(kNow) + after));
  }
  void finish(Outcome outcome, const What& what = {}, Milliseconds after = 1s) {
    end(begun(queued(what)), outcome, after);
  }
  /// Of the sink "log", as "level event run" in the order in which they came; settled after that.
  std::vector<std::string> told() {
    std::vector<std::string> all;
    for (const Delivery& delivery : *queue.waiting_deliveries(1000)) {
      if (delivery.sink == "log")
        all.push_back(std::string(to_string(delivery.notice.level)) + " " +
                      std::string(to_string(delivery.notice.event)) + " " +
                      name_of(delivery.notice.run));
      EXPECT_TRUE(*queue.end_delivery(delivery, {}));
    }
    return all;
  }
  std::vector<std::string> ready() {
    std::vector<std::string> names;
    for (const PipelineRun& run : *queue.ready(at(kNow + 1))) names.push_back(name_of(run));
    return names;
  }
};

TEST_F(Notices, AFailureIsToldOnceUntilItPasses) {
  finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#1"));
  finish(Outcome::failed);
  EXPECT_THAT(told(), IsEmpty());
  finish(Outcome::passed);
  EXPECT_THAT(told(), ElementsAre("info recovered demo/build#3"));
  finish(Outcome::passed);
  EXPECT_THAT(told(), IsEmpty());
  finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#5"));
}

TEST_F(Notices, AnotherKindOfFailureIsNews) {
  finish(Outcome::failed);
  finish(Outcome::regression);
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#1", "error regression demo/build#2"));
  tell({.escalate_after = 9});
  finish(Outcome::error);
  finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("error error demo/build#3"));
}

TEST_F(Notices, FailuresInARowAreEscalatedOnce) {
  finish(Outcome::failed);
  finish(Outcome::failed);
  (void)told();
  finish(Outcome::regression);
  const auto deliveries = queue.waiting_deliveries(10);
  ASSERT_THAT(*deliveries, SizeIs(2));
  const Notice& notice = deliveries->front().notice;
  EXPECT_EQ(notice.failures, 3);
  EXPECT_EQ(notice.reason, "3 failures in a row, the last: why");
  EXPECT_EQ(notice.directory, "/attempts/3-1");
  EXPECT_THAT(told(), ElementsAre("critical escalated demo/build#3"));
  finish(Outcome::failed);
  finish(Outcome::failed);
  EXPECT_THAT(told(), IsEmpty());
  finish(Outcome::passed);
  (void)told();
  for (int i = 0; i < 3; ++i) finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#7", "critical escalated demo/build#9"));
}

TEST_F(Notices, OneFailureIsEnoughWhereThatIsConfigured) {
  tell({.escalate_after = 1});
  finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("critical escalated demo/build#1"));
}

TEST_F(Notices, BranchesAndPipelinesFailEachForItself) {
  finish(Outcome::failed);
  finish(Outcome::failed, {.ref = "refs/heads/other"});
  finish(Outcome::failed, {.pipeline = "test"});
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#1", "error failed demo/build#2",
                                  "error failed demo/test#1"));
  finish(Outcome::passed, {.ref = "refs/heads/other"});
  EXPECT_THAT(told(), ElementsAre("info recovered demo/build#3"));
  finish(Outcome::failed);
  finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("critical escalated demo/build#5"));
}

TEST_F(Notices, AnInconclusiveRunIsNeitherAFailureNorItsEnd) {
  finish(Outcome::inconclusive);
  finish(Outcome::inconclusive);
  finish(Outcome::inconclusive);
  EXPECT_THAT(told(), ElementsAre("warning inconclusive demo/build#1"));
  finish(Outcome::passed);
  EXPECT_THAT(told(), IsEmpty()) << "nothing had failed";
  finish(Outcome::failed);
  finish(Outcome::inconclusive);
  finish(Outcome::failed);
  finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#5", "warning inconclusive demo/build#6",
                                  "critical escalated demo/build#8"));
}

TEST_F(Notices, AnEndAfterThatOfANewerRunIsNoNews) {
  const Attempt older = begun(queued({}));
  finish(Outcome::passed);
  end(older, Outcome::failed);
  EXPECT_THAT(told(), IsEmpty());
  finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#3"));
  EXPECT_THAT(*queue.paused_pipelines(), IsEmpty());
}

TEST_F(Notices, WhatNeverRanTellsNobody) {
  finish(Outcome::failed);
  (void)told();
  const PipelineRun run = queued({});
  ASSERT_TRUE(queue.cancel(run.id, "by hand", at(kNow)));
  ASSERT_TRUE(queue.finish_queued(queued({}).id, Outcome::skipped, "docs", at(kNow)));
  EXPECT_THAT(told(), IsEmpty());
  finish(Outcome::passed);
  EXPECT_THAT(told(), ElementsAre("info recovered demo/build#4"));
}

TEST_F(Notices, AnAttemptThatIsFollowedByAnotherTellsNobody) {
  const Attempt attempt = begun(queued({}));
  ASSERT_TRUE(queue.end_attempt(
      attempt, {.outcome = Outcome::error, .reason = "git", .retry_at = at(kNow + 9)},
      at(kNow + 1)));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Notices, WithoutSingleFailuresEscalationsAndTheirEndAreTold) {
  tell({.failures = false});
  finish(Outcome::failed);
  finish(Outcome::passed);
  EXPECT_THAT(told(), IsEmpty());
  for (int i = 0; i < 3; ++i) finish(Outcome::failed);
  finish(Outcome::inconclusive);
  finish(Outcome::passed);
  EXPECT_THAT(told(),
              ElementsAre("critical escalated demo/build#5", "info recovered demo/build#7"));
}

TEST_F(Notices, WhatEndsAsItIsPlannedIsToldAndNeverReady) {
  const PipelineRun run =
      queued({.end = PlannedEnd{.outcome = Outcome::failed, .reason = "line 3"}});
  EXPECT_EQ(run.state, PipelineRun::State::finished);
  EXPECT_EQ(run.outcome, Outcome::failed);
  EXPECT_EQ(run.reason, "line 3");
  EXPECT_THAT(ready(), IsEmpty());
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#1"));
}

TEST_F(Notices, AReadableFileEndsTheFailuresOfTheUnreadableOne) {
  const std::string unreadable(kUnreadable);
  ASSERT_TRUE(queue.finish_queued(queued({.pipeline = unreadable}).id, Outcome::failed, "line 3",
                                  at(kNow)));
  EXPECT_THAT(told(), ElementsAre("error failed demo/configuration#1"));
  const auto push = RunEvent::Kind::push;
  queued({.ref = "refs/heads/other", .kind = push});
  queued({});  // by hand, perhaps of an older commit
  queued({.kind = push, .readable = false});
  EXPECT_THAT(told(), IsEmpty());
  queued({.kind = push});
  EXPECT_THAT(told(), ElementsAre("info recovered demo/build#4"));
}

TEST_F(Notices, AFailurePausesItsPipelineOnly) {
  tell({.pause = true});
  finish(Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#1", "warning paused demo/build#1"));
  queued({});
  queued({.pipeline = "test"});
  EXPECT_THAT(ready(), ElementsAre("demo/test#1"));
  EXPECT_EQ(*queue.next_due(at(kNow - 1)), at(kNow));
  reopen();
  EXPECT_THAT(ready(), ElementsAre("demo/test#1"));
  ASSERT_THAT(*queue.paused_pipelines(), SizeIs(1));
  EXPECT_EQ(queue.paused_pipelines()->front().reason, "demo/build#1: failed");
  EXPECT_EQ(*queue.resume_pipelines("demo", "test"), 0);
  EXPECT_EQ(*queue.resume_pipelines("", ""), 1);
  EXPECT_THAT(ready(), ElementsAre("demo/build#2", "demo/test#1"));
}

TEST_F(Notices, APausedPipelineHasNothingDue) {
  ASSERT_TRUE(queue.pause_pipeline(
      {.project = "demo", .pipeline = "build", .reason = "by hand", .since = at(kNow)}));
  queued({});
  EXPECT_EQ(*queue.next_due(at(kNow - 1)), std::nullopt);
}

TEST_F(Notices, AnInconclusiveRunPausesNothing) {
  tell({.pause = true});
  finish(Outcome::inconclusive);
  EXPECT_THAT(*queue.paused_pipelines(), IsEmpty());
}

TEST_F(Notices, ALongRunIsToldWithoutChangingItsOutcome) {
  const What limited{.duration = {.warning = 10s, .critical = 20s}};
  finish(Outcome::passed, limited, 10s);
  EXPECT_THAT(told(), IsEmpty());
  finish(Outcome::passed, limited, 11s);
  EXPECT_THAT(told(), ElementsAre("warning slow demo/build#2"));
  finish(Outcome::passed, limited, 21s);
  const auto deliveries = queue.waiting_deliveries(10);
  EXPECT_EQ(deliveries->front().notice.reason,
            "took 21 s, longer than the 20 s of its critical duration");
  EXPECT_THAT(told(), ElementsAre("critical very_slow demo/build#3"));
  EXPECT_EQ(queue.run(2)->slow, PipelineRun::Slow::warning);
  EXPECT_EQ(queue.run(3)->slow, PipelineRun::Slow::critical);
  EXPECT_EQ(queue.run(3)->outcome, Outcome::passed);
}

TEST_F(Notices, ARunIsFoundToBeLongWhileItRuns) {
  const Attempt attempt = begun(queued({.duration = {.warning = 10s, .critical = 20s}}));
  EXPECT_EQ(*queue.tell_durations(at(kNow + 5)), at(kNow + 10) + 1ms);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(*queue.tell_durations(at(kNow + 11)), at(kNow + 20) + 1ms);
  EXPECT_EQ(queue.waiting_deliveries(1)->front().notice.reason,
            "has been running for 11 s, longer than the 10 s of its warning duration");
  EXPECT_THAT(told(), ElementsAre("warning slow demo/build#1"));
  EXPECT_EQ(*queue.tell_durations(at(kNow + 21)), std::nullopt);
  EXPECT_THAT(told(), ElementsAre("critical very_slow demo/build#1"));
  end(attempt, Outcome::passed, 30s);
  EXPECT_THAT(told(), IsEmpty()) << "both were told";
}

TEST_F(Notices, ARunThatMeasuresIsNotWatchedButJudgedAtItsEnd) {
  const Attempt attempt = begun(queued({.exclusive = true, .duration = {.warning = 10s}}));
  EXPECT_EQ(*queue.tell_durations(at(kNow + 60)), std::nullopt);
  EXPECT_THAT(told(), IsEmpty());
  end(attempt, Outcome::passed, 61s);
  EXPECT_THAT(told(), ElementsAre("warning slow demo/build#1"));
}

TEST_F(Notices, ADeliveryIsOverOnce) {
  finish(Outcome::failed);
  const std::vector<Delivery> waiting = queue.waiting_deliveries(10).value();
  ASSERT_THAT(waiting, SizeIs(2));
  EXPECT_EQ(waiting[0].sink, "email");
  EXPECT_EQ(waiting[1].sink, "log");
  EXPECT_TRUE(*queue.end_delivery(waiting[1], {}));
  EXPECT_FALSE(*queue.end_delivery(waiting[1], {}));
  EXPECT_TRUE(*queue.end_delivery(waiting[0], {.problem = "down", .retry_at = at(kNow + 30)}));
  EXPECT_FALSE(*queue.end_delivery(waiting[0], {})) << "the answer to an earlier try";
  reopen();
  const std::vector<Delivery> left = queue.waiting_deliveries(10).value();
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].tries, 1);
  EXPECT_EQ(left[0].not_before, at(kNow + 30));
  EXPECT_EQ(queue.delivery_counts()->problem, "email: down");
  EXPECT_TRUE(*queue.end_delivery(left[0], {.problem = "still down"}));
  EXPECT_THAT(*queue.waiting_deliveries(10), IsEmpty());
  EXPECT_EQ(queue.delivery_counts()->waiting, 0);
  EXPECT_EQ(queue.delivery_counts()->given_up, 1);
}

/// A state directory with the queue that the first version left.
std::string old_queue(const std::string& path) {
  EXPECT_TRUE(make_directories(path));
  sqlite3* handle = nullptr;
  EXPECT_EQ(sqlite3_open((path + "/queue.db").c_str(), &handle), SQLITE_OK);
  const std::string sql = read_text(MELISAI_SOURCE_DIR "/tests/data/store/queue-v1.sql");
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_close(handle);
  return path;
}

TEST_F(Notices, AQueueOfTheFirstVersionIsReadAndTold) {
  const std::string path = old_queue(state_dir + "/old");
  const auto reader = Queue::open_reader(path);
  ASSERT_TRUE(reader && *reader) << reader.error().message;
  EXPECT_EQ((*reader)->run(1)->slow, PipelineRun::Slow::no);
  queue = Queue::open_writer(path).value();
  EXPECT_EQ(queue.run_totals().value().front().pipeline, "build") << "counted by name already";
  tell({});
  const std::vector<Attempt> open = queue.open_attempts().value();
  ASSERT_THAT(open, SizeIs(1));
  end(open[0], Outcome::failed);
  EXPECT_THAT(told(), ElementsAre("error failed demo/build#2"));
}

TEST_F(Notices, OfAnOlderQueueAreStillDeliveredAndTheirNumbersGoOn) {
  const std::string path = old_queue(state_dir + "/older");
  const Schema newest = queue_schema();
  const std::size_t kHeldNotices = 8;  // the step that makes the tables of notices anew
  {
    auto file = Database::open(path + "/queue.db", Database::Mode::write).value();
    ASSERT_TRUE(migrate(file, {.application_id = newest.application_id,
                               .steps = newest.steps.first(kHeldNotices)}));
    ASSERT_TRUE(
        file.execute("INSERT INTO notices (id, run, event, reason, failures, created_ms) "
                     "VALUES (6, 1, 'failed', 'told', 1, 1), (7, 1, 'failed', 'to tell', 1, 1), "
                     "(9, 1, 'failed', 'forgotten', 1, 1);"
                     "DELETE FROM notices WHERE id = 9;"
                     "INSERT INTO deliveries (notice, sink, state, not_before_ms) "
                     "VALUES (6, 'chat', 'delivered', 1), (7, 'chat', 'waiting', 1)"));
  }
  queue = Queue::open_writer(path).value();
  const std::vector<Delivery> waiting = queue.waiting_deliveries(10).value();
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].notice.id, 7);
  EXPECT_EQ(waiting[0].notice.reason, "to tell");
  const auto file = Database::open(path + "/queue.db", Database::Mode::read).value();
  EXPECT_EQ(file.number("SELECT seq FROM sqlite_sequence WHERE name = 'notices'").value(), 9)
      << "a streak knows which notices are newer by their numbers";
}

}  // namespace notices_test
}  // namespace melisai::store
