// What the queue forgets, and what it must not.
#include <algorithm>

#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace queue_garbage_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = RunEvent::Kind;
using Outcome = PipelineRun::Outcome;
using Ids = std::vector<std::int64_t>;

constexpr std::int64_t kDay = 24 * 3'600;
const std::string kBefore = "before ";  // each push; the first is event 1

struct Happened {
  std::int64_t day = 0;
  std::optional<Outcome> outcome = Outcome::passed;  ///< nothing: it waits
  Kind kind = Kind::push;
  std::string ref = "refs/heads/main";
  std::string pipeline = "build";
  std::string project = "demo";
};

class QueueGarbage : public StoreTest {
 protected:
  QueueGarbage() {
    queue.set_notice_rules({.failures = true, .escalate_after = 9, .sinks = {"log"}});
  }

  /// An event with one run, that many days after the first one; the event's id.
  std::int64_t add(const Happened& what) {
    RunEvent event;
    event.kind = what.kind;
    event.project = what.project;
    event.ref = what.ref;
    event.sha = std::string(38, 'a') + std::to_string(10 + ++shas_ % 90);
    event.pipeline = what.kind == Kind::cron ? what.pipeline : "";
    event.before = kBefore + std::to_string(shas_);
    event.received_at = time(what.day);
    const auto accepted = queue.accept(event).value();
    const Planned planned = queue
                                .plan(accepted.event,
                                      {.ref = what.ref,
                                       .sha = event.sha,
                                       .configuration = "{}",
                                       .runs = {{.pipeline = what.pipeline, .after = {}}}},
                                      time(what.day))
                                .value()
                                .value();
    const std::int64_t run = planned.runs.front().id;
    if (!what.outcome) return accepted.event;
    const auto attempt = queue.begin_attempt(run, "/attempts", "boot", time(what.day)).value();
    EXPECT_TRUE(queue.end_attempt(*attempt, {.outcome = *what.outcome}, time(what.day)));
    return accepted.event;
  }
  void deliver_all() {
    for (const Delivery& delivery : queue.waiting_deliveries(100).value())
      EXPECT_TRUE(queue.end_delivery(delivery, {}).value());
  }
  static WallTime time(std::int64_t day) { return at(kNow + day * kDay); }
  Ids forgettable(std::int64_t day, int runs_min = 1) {
    return queue.forgettable({.age_max = std::chrono::days(30), .runs_min = runs_min}, time(day))
        .value();
  }

  Queue queue = Queue::open_writer(state_dir).value();
  int shas_ = 0;
};

TEST_F(QueueGarbage, IsWhatIsOverForLongEnough) {
  const auto first = add({.day = 0});
  const auto second = add({.day = 1});
  add({.day = 2});
  EXPECT_THAT(forgettable(30), IsEmpty());
  EXPECT_THAT(forgettable(31), ElementsAre(first));
  EXPECT_THAT(forgettable(100), ElementsAre(first, second));
  EXPECT_THAT(forgettable(100, 2), ElementsAre(first)) << "numbers and history go on";
}

TEST_F(QueueGarbage, IsGoneWithAllThatBelongsToIt) {
  const auto first = add({.day = 0, .outcome = Outcome::failed});
  add({.day = 1});
  const auto last = add({.day = 2});
  deliver_all();
  ASSERT_TRUE(queue.forget_events(forgettable(100)));
  EXPECT_EQ(queue.event(first).error().code, Errc::not_found);
  ASSERT_EQ(queue.run_ids().value().size(), 1u);
  const PipelineRun left = queue.run(queue.run_ids().value().front()).value();
  EXPECT_EQ(left.event, last);
  EXPECT_EQ(left.number, 3);
  EXPECT_EQ(left.configuration, "{}");
  add({.day = 101});
  EXPECT_EQ(queue.runs({}).value().front().number, 4);
}

TEST_F(QueueGarbage, IsNothingThatWaits) {
  const auto waits = add({.day = 0, .outcome = std::nullopt, .kind = Kind::manual});
  add({.day = 1});
  RunEvent open;
  open.project = "demo";
  open.ref = "refs/heads/other";
  open.sha = std::string(40, 'b');
  open.received_at = time(0);
  const auto unplanned = queue.accept(open).value().event;
  EXPECT_THAT(forgettable(100), IsEmpty());
  ASSERT_TRUE(queue.forget_events({waits, unplanned}));
  EXPECT_TRUE(queue.event(waits)) << "asked in vain";
  EXPECT_TRUE(queue.event(unplanned));
}

TEST_F(QueueGarbage, IsWhatWasRejected) {
  RunEvent event;
  event.kind = Kind::manual;
  event.project = "demo";
  event.received_at = time(0);
  const auto rejected = queue.accept(event).value().event;
  ASSERT_TRUE(queue.reject(rejected, std::string(kGivenUp) + " after 3 d: no server"));
  EXPECT_EQ(queue.given_up(5).value().size(), 1u);
  EXPECT_THAT(forgettable(31), ElementsAre(rejected));
}

TEST_F(QueueGarbage, IsNoPushThatChangedPathsAreCountedFrom) {
  const auto seen = add({.day = 0});
  const auto unseen = add({.day = 1, .outcome = Outcome::skipped});
  const auto between = add({.day = 2, .outcome = Outcome::skipped});
  const auto last = add({.day = 3, .outcome = Outcome::skipped});
  EXPECT_THAT(forgettable(100), ElementsAre(between));
  const PipelineRun newest = queue.runs({}).value().front();
  const std::string since = queue.unseen_since(newest).value();
  ASSERT_TRUE(queue.forget_events({between}));
  EXPECT_EQ(queue.unseen_since(newest).value(), since);
  for (const auto event : {seen, unseen, last}) EXPECT_TRUE(queue.event(event));
}

TEST_F(QueueGarbage, IsNotTheFirstPushOfABranchOnWhichNothingRanToItsEnd) {
  const auto first = add({.day = 0, .outcome = Outcome::cancelled});
  const auto between = add({.day = 1, .outcome = Outcome::error});
  const auto skipped = add({.day = 2, .outcome = Outcome::skipped});
  const auto other = add({.day = 3, .outcome = Outcome::skipped, .pipeline = "docs"});
  add({.day = 4, .kind = Kind::manual});
  deliver_all();
  const PipelineRun newest = queue.runs({.pipeline = "docs"}).value().front();
  const PipelineRun build = queue.runs({.pipeline = "build", .limit = 4}).value()[1];
  ASSERT_EQ(build.event, skipped);
  const std::string since = queue.unseen_since(newest).value();
  EXPECT_EQ(since, kBefore + std::to_string(first));
  const Ids over = forgettable(100);
  EXPECT_EQ(std::count(over.begin(), over.end(), between), 1);
  ASSERT_TRUE(queue.forget_events(over));
  for (const auto event : {first, skipped, other}) EXPECT_TRUE(queue.event(event)) << event;
  EXPECT_THAT(forgettable(100), IsEmpty()) << "what is left is needed the next time too";
  EXPECT_EQ(queue.unseen_since(newest).value(), since);
  EXPECT_EQ(queue.unseen_since(build).value(), since);
}

TEST_F(QueueGarbage, IsTheLastPushOfABranchThatIsGone) {
  const auto topic = add({.day = 0, .ref = "refs/heads/topic"});
  add({.day = 1});
  EXPECT_THAT(forgettable(100), IsEmpty());
  ASSERT_TRUE(queue.note_refs("demo", {{"refs/heads/topic", ""}}, time(2)));
  EXPECT_THAT(forgettable(100), ElementsAre(topic));
}

TEST_F(QueueGarbage, IsNothingThatAStreakHasTold) {
  const auto told = add({.day = 0, .outcome = Outcome::failed});
  const auto again = add({.day = 1, .outcome = Outcome::failed});
  add({.day = 2, .outcome = Outcome::failed});
  deliver_all();
  EXPECT_THAT(forgettable(100), ElementsAre(again)) << "it told nothing";
  add({.day = 3});
  deliver_all();
  EXPECT_EQ(forgettable(100).front(), told);
}

TEST_F(QueueGarbage, IsNoRunThatIsToBeRepeated) {
  const auto red = add({.day = 0, .outcome = Outcome::failed, .kind = Kind::manual, .ref = "v1"});
  add({.day = 1, .kind = Kind::manual});
  deliver_all();
  RunEvent again;
  again.kind = Kind::manual;
  again.project = "demo";
  again.pipeline = "build";
  again.again = queue.runs_of_event(red).value().front().id;
  again.received_at = time(99);
  const auto repetition = queue.accept(again).value().event;
  EXPECT_THAT(forgettable(100), IsEmpty());
  ASSERT_TRUE(queue.reject(repetition, "planned, or not"));
  EXPECT_THAT(forgettable(100), ElementsAre(red));
}

TEST_F(QueueGarbage, IsNoNoticeOnItsWay) {
  const auto told =
      add({.day = 0, .outcome = Outcome::failed, .kind = Kind::manual, .ref = "refs/tags/v1"});
  add({.day = 1, .kind = Kind::manual});
  EXPECT_THAT(forgettable(100), IsEmpty());
  deliver_all();
  EXPECT_THAT(forgettable(100), ElementsAre(told));
}

TEST_F(QueueGarbage, IsNotTheLastTimeOfASchedule) {
  const auto first = add({.day = 0, .kind = Kind::cron});
  add({.day = 1, .kind = Kind::cron});
  add({.day = 2, .kind = Kind::manual});
  EXPECT_THAT(forgettable(100), ElementsAre(first));
  EXPECT_EQ(queue.last_cron("demo", "build").value(), time(1));
}

TEST_F(QueueGarbage, IsNothingOfAProjectWithAnOpenFollowUp) {
  const auto followed =
      add({.day = 0, .outcome = Outcome::failed, .kind = Kind::manual, .ref = "v1"});
  add({.day = 1, .kind = Kind::manual});
  deliver_all();
  const auto other = add({.day = 0, .kind = Kind::manual, .project = "other"});
  add({.day = 1, .kind = Kind::manual, .project = "other"});
  EXPECT_THAT(forgettable(100), ElementsAre(followed, other));
  add({.day = 1, .outcome = std::nullopt, .kind = Kind::follow_up, .pipeline = "build:fix"});
  EXPECT_THAT(forgettable(100), ElementsAre(other));
}

}  // namespace queue_garbage_test
}  // namespace melisai::store
