#include "core/store/queue.h"

#include <random>
#include <set>

#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = PipelineRun::Outcome;
using State = PipelineRun::State;

const std::string kShaA(40, 'a');
const std::string kShaB(40, 'b');

RunEvent push(const std::string& sha, const std::string& ref = "refs/heads/main") {
  RunEvent event;
  event.kind = RunEvent::Kind::push;
  event.project = "demo";
  event.ref = ref;
  event.sha = sha;
  event.cause = "push";
  event.received_at = at(kNow);
  return event;
}

/// build -> test -> deploy, and lint beside them.
Plan plan_for(const RunEvent& event) {
  return {.ref = event.ref,
          .sha = event.sha,
          .configuration = "version: 1\n",
          .runs = {{.pipeline = "build", .after = {}},
                   {.pipeline = "test", .after = {"build"}, .exclusive = true},
                   {.pipeline = "deploy", .after = {"test", "lint"}},
                   {.pipeline = "lint", .after = {}}}};
}

class QueueOfRuns : public StoreTest {
 protected:
  Queue queue = open();

  Queue open() {
    auto opened = Queue::open_writer(state_dir);
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  Planned accepted(const RunEvent& event) {
    const auto id = queue.accept(event);
    EXPECT_TRUE(id && !id->duplicate());
    auto planned = queue.plan(id->event, plan_for(event), at(kNow));
    EXPECT_TRUE(planned && *planned) << planned.error().message;
    return **planned;
  }
  Attempt begun(std::int64_t run) {
    auto attempt = queue.begin_attempt(run, "/attempts", "boot", at(kNow + 1));
    EXPECT_TRUE(attempt && *attempt);
    return **attempt;
  }
  Released ended(const Attempt& attempt, AttemptEnd end) {
    auto released = queue.end_attempt(attempt, end, at(kNow + 2));
    EXPECT_TRUE(released && *released);
    return **released;
  }
  std::vector<std::string> ready(std::int64_t now = kNow + 1) {
    std::vector<std::string> names;
    for (const PipelineRun& run : *queue.ready(at(now))) names.push_back(name_of(run));
    return names;
  }
  PipelineRun run(std::int64_t id) { return *queue.run(id); }
};

TEST_F(QueueOfRuns, StartsWithWhatComesAfterNothing) {
  const Planned planned = accepted(push(kShaA));
  ASSERT_THAT(planned.runs, SizeIs(4));
  EXPECT_THAT(ready(), ElementsAre("demo/build#1", "demo/lint#1"));
  EXPECT_EQ(planned.runs[1].state, State::blocked);
  EXPECT_TRUE(planned.runs[1].exclusive);
  EXPECT_EQ(planned.runs[1].configuration, "version: 1\n");
  EXPECT_EQ(planned.runs[1].sha, kShaA);
}

TEST_F(QueueOfRuns, ReleasesWhatComesAfterAPass) {
  const Planned planned = accepted(push(kShaA));
  const Released released = ended(begun(planned.runs[0].id), {.outcome = Outcome::passed});
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(name_of(released[0]), "demo/test#1");
  EXPECT_THAT(ready(kNow + 2), ElementsAre("demo/test#1", "demo/lint#1"));
}

TEST_F(QueueOfRuns, WaitsForAllThatARunComesAfter) {
  const Planned planned = accepted(push(kShaA));
  ended(begun(planned.runs[0].id), {.outcome = Outcome::passed});
  EXPECT_THAT(ended(begun(planned.runs[1].id), {.outcome = Outcome::passed}), IsEmpty());
  const Released released = ended(begun(planned.runs[3].id), {.outcome = Outcome::passed});
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released[0].state, State::queued);
  EXPECT_EQ(released[0].pipeline, "deploy");
}

TEST_F(QueueOfRuns, CancelsWhatComesAfterAFailure) {
  const Planned planned = accepted(push(kShaA));
  const Released released =
      ended(begun(planned.runs[0].id), {.outcome = Outcome::failed, .reason = "exit code 1"});
  ASSERT_THAT(released, SizeIs(2));
  EXPECT_EQ(released[0].outcome, Outcome::cancelled);
  EXPECT_EQ(released[0].reason, "demo/build#1: failed");
  EXPECT_EQ(run(planned.runs[2].id).outcome, Outcome::cancelled);  // two steps away
  EXPECT_EQ(run(planned.runs[0].id).reason, "exit code 1");
  EXPECT_THAT(ready(), ElementsAre("demo/lint#1"));
}

TEST_F(QueueOfRuns, SkipsWhatComesAfterSomethingSkipped) {
  const Planned planned = accepted(push(kShaA));
  ASSERT_TRUE(*queue.finish_queued(planned.runs[3].id, Outcome::skipped, "docs only", at(kNow)));
  EXPECT_EQ(run(planned.runs[2].id).outcome, Outcome::skipped);
}

TEST_F(QueueOfRuns, SkipsWhatComesAfterAPipelineThatTheEventDoesNotStart) {
  const auto accepted = queue.accept(push(kShaA));
  const auto planned = queue.plan(
      accepted->event,
      {.ref = "r", .sha = kShaA, .configuration = "", .runs = {{.pipeline = "b", .after = {"a"}}}},
      at(kNow));
  EXPECT_EQ((*planned)->runs[0].outcome, Outcome::skipped);
  EXPECT_THAT((*planned)->runs[0].reason, HasSubstr("'a' did not run"));
}

TEST_F(QueueOfRuns, KnowsAPushThatItAccepted) {
  accepted(push(kShaA));
  EXPECT_TRUE(queue.accept(push(kShaA))->duplicate());
  EXPECT_FALSE(queue.accept(push(kShaA, "refs/heads/other"))->duplicate());
  EXPECT_FALSE(queue.accept(push(kShaB))->duplicate());
  EXPECT_FALSE(queue.accept(push(kShaA))->duplicate()) << "back to an older commit is news";
  ASSERT_TRUE(queue.note_refs("demo", {{"refs/heads/main", ""}}, at(kNow)));
  EXPECT_FALSE(queue.accept(push(kShaA))->duplicate()) << "a branch that was made again is news";
}

TEST_F(QueueOfRuns, NotesTheFirstSightOfARefWithoutARun) {
  ASSERT_TRUE(queue.note_refs("demo", {{"refs/heads/main", kShaA}}, at(kNow)));
  EXPECT_TRUE(queue.accept(push(kShaA))->duplicate());
  EXPECT_THAT(*queue.refs("demo"), ElementsAre(RefState{"refs/heads/main", kShaA}));
  EXPECT_THAT(*queue.refs("other"), IsEmpty());
}

TEST_F(QueueOfRuns, AcceptsWhatHappensOnceOnce) {
  RunEvent event = push(kShaA);
  event.kind = RunEvent::Kind::cron;
  event.once = "cron demo/nightly 2026-11-21T03:00:00Z";
  EXPECT_FALSE(queue.accept(event)->duplicate());
  EXPECT_TRUE(queue.accept(event)->duplicate());
  event.once = "";
  EXPECT_FALSE(queue.accept(event)->duplicate());
  EXPECT_FALSE(queue.accept(event)->duplicate()) << "without a key it may be repeated";
}

TEST_F(QueueOfRuns, KnowsWhenAScheduleWasLastStarted) {
  RunEvent event = push(kShaA);
  event.kind = RunEvent::Kind::cron;
  event.pipeline = "nightly";
  EXPECT_FALSE(*queue.last_cron("demo", "nightly"));
  for (const std::int64_t seconds : {kNow, kNow + 60}) {
    event.received_at = at(seconds);
    EXPECT_FALSE(queue.accept(event)->duplicate());
  }
  EXPECT_EQ(*queue.last_cron("demo", "nightly"), at(kNow + 60));
  EXPECT_FALSE(*queue.last_cron("demo", "weekly"));
}

TEST_F(QueueOfRuns, KeepsAnEventUntilItIsPlanned) {
  RunEvent event = push(kShaA);
  event.params = {{"type", "unit \"quoted\" \xc3\xa9"}};
  event.before = kShaB;
  event.id = queue.accept(event)->event;
  queue = open();
  ASSERT_THAT(*queue.open_events(), SizeIs(1));
  EXPECT_EQ(queue.open_events()->front().event, event);
  ASSERT_TRUE(queue.postpone(event.id, "the server is silent", at(kNow + 60)));
  EXPECT_EQ(queue.open_events()->front().tries, 1);
  EXPECT_EQ(queue.open_events()->front().not_before, at(kNow + 60));
  EXPECT_EQ(*queue.next_due(at(kNow)), at(kNow + 60));
  ASSERT_TRUE(*queue.plan(event.id, plan_for(event), at(kNow)));
  EXPECT_FALSE(*queue.plan(event.id, plan_for(event), at(kNow))) << "planned twice";
  EXPECT_THAT(*queue.open_events(), IsEmpty());
}

TEST_F(QueueOfRuns, RejectsAnEventForGood) {
  const auto event = queue.accept(push(kShaA))->event;
  ASSERT_TRUE(queue.reject(event, "no pipeline file"));
  EXPECT_THAT(*queue.open_events(), IsEmpty());
  EXPECT_FALSE(*queue.plan(event, plan_for(push(kShaA)), at(kNow)));
}

TEST_F(QueueOfRuns, LetsANewerPushTakeThePlaceOfWhatWaits) {
  const Planned first = accepted(push(kShaA));
  const Attempt running = begun(first.runs[0].id);
  const Planned other = accepted(push(kShaA, "refs/heads/other"));
  const Planned second = accepted(push(kShaB));
  std::vector<std::string> names;
  for (const PipelineRun& run : second.superseded) names.push_back(name_of(run));
  EXPECT_THAT(names, ElementsAre("demo/test#1", "demo/deploy#1", "demo/lint#1"));
  EXPECT_EQ(run(first.runs[0].id).state, State::running) << "what runs may end";
  EXPECT_EQ(run(other.runs[0].id).state, State::queued) << "another branch";
  EXPECT_THAT(ended(running, {.outcome = Outcome::passed}), IsEmpty());
  EXPECT_EQ(second.runs[0].number, 3);
}

TEST_F(QueueOfRuns, LetsAnOlderPushThatIsPlannedLateSupersedeNothing) {
  const auto old_event = queue.accept(push(kShaA));
  const Planned newer = accepted(push(kShaB));
  const auto planned = queue.plan(old_event->event, plan_for(push(kShaA)), at(kNow));
  EXPECT_THAT((*planned)->superseded, IsEmpty());
  EXPECT_EQ(run(newer.runs[0].id).state, State::queued);
}

TEST_F(QueueOfRuns, TriesAgainWhenItIsTime) {
  const Planned planned = accepted(push(kShaA));
  const auto id = planned.runs[3].id;
  ended(begun(id), {.outcome = Outcome::error, .reason = "disk full", .retry_at = at(kNow + 60)});
  EXPECT_EQ(run(id).state, State::queued);
  EXPECT_EQ(run(id).reason, "disk full");
  EXPECT_THAT(ready(kNow + 59), ElementsAre("demo/build#1"));
  EXPECT_THAT(ready(kNow + 60), ElementsAre("demo/build#1", "demo/lint#1"));
  EXPECT_EQ(begun(id).number, 2);
  EXPECT_THAT(*queue.attempts(id), SizeIs(2));
  EXPECT_EQ(queue.attempts(id)->front().outcome, Outcome::error);
  EXPECT_EQ(run(id).attempts, 2);
}

TEST_F(QueueOfRuns, EndsAnAttemptOnce) {
  const Planned planned = accepted(push(kShaA));
  const Attempt attempt = begun(planned.runs[0].id);
  EXPECT_FALSE(*queue.begin_attempt(planned.runs[0].id, "/attempts", "boot", at(kNow)));
  ended(attempt, {.outcome = Outcome::passed, .report = 17});
  EXPECT_FALSE(*queue.end_attempt(attempt, {.outcome = Outcome::failed}, at(kNow + 3)));
  EXPECT_FALSE(*queue.note_process(attempt, {.pid = 1}));
  EXPECT_EQ(run(attempt.run).outcome, Outcome::passed);
  EXPECT_EQ(run(attempt.run).report, 17);
}

TEST_F(QueueOfRuns, RemembersTheProcessOfAnAttempt) {
  const Planned planned = accepted(push(kShaA));
  const Attempt attempt = begun(planned.runs[0].id);
  EXPECT_EQ(attempt.directory, "/attempts/1-1");
  ASSERT_TRUE(*queue.note_process(attempt, {.pid = 77, .start_time = 12345, .cgroup = "/cg"}));
  queue = open();
  ASSERT_THAT(*queue.open_attempts(), SizeIs(1));
  const Attempt open_attempt = queue.open_attempts()->front();
  EXPECT_EQ(open_attempt.pid, 77);
  EXPECT_EQ(open_attempt.start_time, 12345);
  EXPECT_EQ(open_attempt.cgroup, "/cg");
  EXPECT_EQ(open_attempt.boot_id, "boot");
}

TEST_F(QueueOfRuns, CancelsAtOnceWhatDoesNotRun) {
  const Planned planned = accepted(push(kShaA));
  const auto cancelled = queue.cancel(planned.runs[0].id, "by root", at(kNow));
  EXPECT_FALSE(cancelled->running);
  EXPECT_THAT(cancelled->released, SizeIs(2));
  EXPECT_EQ(run(planned.runs[0].id).outcome, Outcome::cancelled);
  EXPECT_EQ(run(planned.runs[0].id).reason, "by root");
}

TEST_F(QueueOfRuns, CancelsARunningOneWhenItsAttemptEndsHoweverThatIs) {
  const Planned planned = accepted(push(kShaA));
  const Attempt attempt = begun(planned.runs[0].id);
  EXPECT_TRUE(queue.cancel(attempt.run, "by root", at(kNow))->running);
  ended(attempt, {.outcome = Outcome::passed, .reason = "killed", .retry_at = at(kNow + 9)});
  EXPECT_EQ(run(attempt.run).outcome, Outcome::cancelled);
  EXPECT_EQ(run(attempt.run).reason, "by root");
}

TEST_F(QueueOfRuns, CancelsNothingThatHasEnded) {
  const Planned planned = accepted(push(kShaA));
  ended(begun(planned.runs[0].id), {.outcome = Outcome::passed});
  EXPECT_FALSE(queue.cancel(planned.runs[0].id, "late", at(kNow))->running);
  EXPECT_EQ(run(planned.runs[0].id).outcome, Outcome::passed);
}

TEST_F(QueueOfRuns, StaysPausedUntilSomebodyResumes) {
  EXPECT_FALSE(queue.pause()->paused);
  ASSERT_TRUE(queue.set_paused(true, "demo/build#1 failed"));
  queue = open();
  EXPECT_TRUE(queue.pause()->paused);
  EXPECT_EQ(queue.pause()->reason, "demo/build#1 failed");
  ASSERT_TRUE(queue.set_paused(false, ""));
  EXPECT_FALSE(queue.pause()->paused);
}

TEST_F(QueueOfRuns, IsReadBesideItsWriter) {
  EXPECT_FALSE(*Queue::open_reader(state_dir + "/elsewhere"));
  accepted(push(kShaA));
  const auto reader = Queue::open_reader(state_dir);
  ASSERT_TRUE(reader && *reader);
  EXPECT_THAT(*(*reader)->runs({.pipeline = "test"}), SizeIs(1));
  EXPECT_THAT(*(*reader)->runs({.limit = 2}), SizeIs(2));
  EXPECT_THAT(*(*reader)->runs({.project = "other"}), IsEmpty());
  const auto missing = (*reader)->run(99);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("the newest is 4"));
}

TEST_F(QueueOfRuns, RefusesMoreRunsThanItsLimit) {
  const auto event = queue.accept(push(kShaA))->event;
  Plan plan{.ref = "r", .sha = kShaA};
  for (std::size_t i = 0; i <= kEventRunsMax; ++i)
    plan.runs.push_back({.pipeline = std::to_string(i), .after = {}});
  const auto planned = queue.plan(event, plan, at(kNow));
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, Errc::limit);
}

/// One daemon's life by chance, with a restart now and then.
class Chance {
 public:
  Chance(Queue& queue, unsigned seed) : queue_(queue), random_(seed) {}

  void act(std::int64_t now) {
    switch (below(6)) {
      case 0: accept_one(now); break;
      case 1:
      case 2: begin_one(now); break;
      case 3:
      case 4: end_one(now); break;
      default: cancel_one(now);
    }
  }
  void drain(std::int64_t now) {
    while (!queue_.runs({.open = true})->empty()) {
      begin_one(now);
      end_one(now);
    }
  }
  std::size_t accepted() const { return accepted_; }

 private:
  void accept_one(std::int64_t now) {
    const RunEvent event = push(std::string(40, "abcdef"[below(6)]));
    const auto id = queue_.accept(event);
    ASSERT_TRUE(id);
    if (id->duplicate()) return;
    const auto planned = queue_.plan(id->event, plan_for(event), at(now));
    ASSERT_TRUE(planned && *planned);
    accepted_ += (*planned)->runs.size();
  }
  void begin_one(std::int64_t now) {
    const auto ready = queue_.ready(at(now));
    if (ready->empty()) return;
    const PipelineRun& run = (*ready)[below(ready->size())];
    ASSERT_TRUE(*queue_.begin_attempt(run.id, "/attempts", "boot", at(now)));
  }
  void end_one(std::int64_t now) {
    const auto open = queue_.open_attempts();
    if (open->empty()) return;
    const Attempt& attempt = (*open)[below(open->size())];
    AttemptEnd end{.outcome = below(3) == 0 ? Outcome::failed : Outcome::passed};
    if (attempt.number < 3 && below(4) == 0) end.retry_at = at(now);
    ASSERT_TRUE(*queue_.end_attempt(attempt, end, at(now)));
  }
  void cancel_one(std::int64_t now) {
    const auto runs = queue_.runs({.open = true});
    if (runs->empty() || below(3) != 0) return;
    ASSERT_TRUE(queue_.cancel((*runs)[below(runs->size())].id, "by chance", at(now)));
  }
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  Queue& queue_;
  std::mt19937 random_;
  std::size_t accepted_ = 0;
};

TEST_F(QueueOfRuns, EndsEveryRunExactlyOnceWhateverHappens) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Chance chance(queue, seed);
    const std::size_t before = queue.runs({.limit = 100'000})->size();
    std::set<std::int64_t> finished;
    for (std::int64_t step = 0; step < 120; ++step) {
      chance.act(kNow + step);
      ASSERT_FALSE(HasFatalFailure());
      for (const PipelineRun& run : *queue.runs({.limit = 100'000})) {
        if (run.outcome) finished.insert(run.id);
        ASSERT_EQ(run.outcome.has_value(), finished.contains(run.id)) << name_of(run);
      }
    }
    queue = open();
    chance.drain(kNow + 1000);
    EXPECT_EQ(queue.runs({.limit = 100'000})->size(), before + chance.accepted());
    EXPECT_THAT(*queue.open_attempts(), IsEmpty());
  }
}

}  // namespace
}  // namespace melisai::store
