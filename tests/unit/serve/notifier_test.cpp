#include "core/serve/notifier.h"

#include <atomic>
#include <filesystem>
#include <mutex>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/no_more_threads.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace notifier_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Outcome = PipelineRun::Outcome;
using namespace std::chrono_literals;

class NotifierTest : public WithLoop {
 protected:
  NotifierTest() {
    time.wall = kNow;
    notifier.start([](const Result<void>&) {});
  }

  /// One that answers at once.
  Sink quick() {
    return {.name = "quick", .deliver = [this](const Notice& notice, const Interrupt&) {
              quick_told.push_back(name_of(notice.run));
              return answer;
            }};
  }
  /// One that answers from a thread of its own.
  Sink slow() {
    return {.name = "slow",
            .blocks = true,
            .deliver = [this](const Notice& notice, const Interrupt& stop) -> Result<void> {
              ++slow_calls;
              while (stuck && !stop.requested()) std::this_thread::yield();
              if (stop.requested()) return Error{Errc::interrupted, "stopped"};
              const std::lock_guard guard(mutex);
              slow_told.push_back(name_of(notice.run));
              return {};
            }};
  }
  /// That of the reports of the project.
  Sink forge() {
    return {.name = "forge of demo",
            .reports_of = "demo",
            .deliver = [this](const Notice& notice, const Interrupt&) {
              EXPECT_EQ(notice.event, Notice::Event::report);
              ++forge_calls;
              return forge_answer;
            }};
  }
  /// Of another pipeline each time, so that every failure is news.
  void fail(const std::string& pipeline) {
    const PipelineRun run =
        add_run("demo", std::string(40, static_cast<char>('a' + ++shas)), pipeline);
    const auto attempt = queue.begin_attempt(run.id, "/attempts", "boot", time.now());
    ASSERT_TRUE(*queue.end_attempt(**attempt, {.outcome = Outcome::failed}, time.now()));
    notifier.wake();
  }
  int waiting() { return queue.delivery_counts()->waiting; }

  FakeClock time;
  ServeWorld clocked{.clock = time,
                     .interrupt = interrupt,
                     .env = world.env,
                     .environment = {},
                     .program = "",
                     .make_runner = {},
                     .open_remote = {},
                     .open_repo = {}};
  Context with_time{.world = clocked,
                    .config = config,
                    .config_text = "",
                    .state_dir = directory.path(),
                    .queue = queue,
                    .loop = loop,
                    .pool = pool,
                    .bus = bus,
                    .rng = rng};
  int shas = 0;
  bool measuring = false;
  Result<void> answer;
  std::vector<std::string> quick_told;
  std::mutex mutex;
  std::vector<std::string> slow_told;
  std::atomic<int> slow_calls = 0;
  std::atomic<bool> stuck = false;
  Result<void> forge_answer;
  int forge_calls = 0;
  Notifier notifier{with_time, {quick(), slow(), forge()}, [this] { return measuring; }};
};

TEST_F(NotifierTest, TellsEverySinkOnce) {
  fail("build");
  turn_until([&] { return waiting() == 0; });
  notifier.wake();
  EXPECT_THAT(quick_told, ElementsAre("demo/build#1"));
  EXPECT_THAT(slow_told, ElementsAre("demo/build#1"));
}

TEST_F(NotifierTest, ASinkThatIsStuckDelaysItsOwnNoticesOnly) {
  stuck = true;
  fail("build");
  fail("test");
  EXPECT_THAT(quick_told, ElementsAre("demo/build#1", "demo/test#1"));
  EXPECT_EQ(waiting(), 2);
  stuck = false;
  turn_until([&] { return waiting() == 0; });
  EXPECT_THAT(slow_told, ElementsAre("demo/build#1", "demo/test#1")) << "one at a time, in order";
}

TEST_F(NotifierTest, AForgeIsToldForADayWhateverHappens) {
  forge_answer = Error{Errc::unavailable, "down"};
  const PipelineRun run = add_run("demo", kShaA, "bench");
  const auto attempt = queue.begin_attempt(run.id, "/attempts", "boot", time.now());
  ASSERT_TRUE(*queue.end_attempt(**attempt, {.outcome = Outcome::passed, .report = 4}, time.now()));
  const auto try_again = [&] {
    const auto waits = queue.waiting_deliveries(10).value();
    if (!waits.empty()) time.wall = std::max(time.wall, waits.front().not_before);
    notifier.wake();
  };
  while (time.wall < kNow + 23h && waiting() > 0) try_again();
  EXPECT_EQ(waiting(), 1) << "after " << forge_calls << " tries";
  EXPECT_GT(forge_calls, config.notify.retries_max);
  EXPECT_LT(forge_calls, 60);
  while (time.wall < kNow + 25h && waiting() > 0) try_again();
  EXPECT_EQ(queue.delivery_counts()->given_up, 1);
  EXPECT_THAT(quick_told, IsEmpty()) << "a report is for the forge alone";
}

TEST_F(NotifierTest, WhatNoThreadCanDeliverIsTriedAgain) {
  {
    const NoMoreThreads none;
    fail("build");
  }
  ASSERT_EQ(waiting(), 1);
  const store::Delivery delivery = queue.waiting_deliveries(10)->front();
  EXPECT_EQ(delivery.tries, 1);
  EXPECT_THAT(queue.delivery_counts()->problem, HasSubstr("no thread can be started"));
  time.wall = delivery.not_before;
  notifier.wake();
  turn_until([&] { return waiting() == 0; });
  EXPECT_THAT(slow_told, ElementsAre("demo/build#1"));
}

TEST_F(NotifierTest, AStopEndsWhatIsUnderWayAndLosesNothing) {
  stuck = true;
  fail("build");
  while (slow_calls == 0) std::this_thread::yield();
  bool stopped = false;
  notifier.stop([&](const Result<void>&) { stopped = true; });
  turn_until([&] { return stopped; });
  EXPECT_EQ(queue.waiting_deliveries(10)->front().tries, 0) << "that was no fault of the sink";
  stuck = false;
  notifier.start([](const Result<void>&) {});
  turn_until([&] { return waiting() == 0; });
  EXPECT_THAT(slow_told, ElementsAre("demo/build#1"));
}

TEST_F(NotifierTest, ARefusalIsTriedAgainWithGrowingDelays) {
  answer = Error{Errc::unavailable, "down"};
  config.notify.retries_max = 2;
  fail("build");
  turn_until([&] { return waiting() == 1; });
  EXPECT_EQ(queue.waiting_deliveries(10)->front().not_before, kNow + 30s);
  notifier.wake();
  EXPECT_EQ(quick_told.size(), 1u) << "not yet";
  time.advance(30s);
  notifier.wake();
  EXPECT_EQ(queue.waiting_deliveries(10)->front().not_before, kNow + 90s);
  time.advance(60s);
  notifier.wake();
  EXPECT_EQ(quick_told.size(), 3u);
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(queue.delivery_counts()->given_up, 1);
  EXPECT_EQ(queue.delivery_counts()->problem, "quick: down");
}

TEST_F(NotifierTest, StaysQuietWhileSomethingMeasuresButNotForEver) {
  measuring = true;
  fail("build");
  EXPECT_THAT(quick_told, IsEmpty());
  EXPECT_EQ(slow_calls, 0);
  time.advance(29min);
  notifier.wake();
  EXPECT_THAT(quick_told, IsEmpty());
  time.advance(1min);
  notifier.wake();
  EXPECT_THAT(quick_told, ElementsAre("demo/build#1"));
  turn_until([&] { return waiting() == 0; });
  fail("test");
  EXPECT_THAT(quick_told, ElementsAre("demo/build#1"));
  measuring = false;
  notifier.wake();
  EXPECT_THAT(quick_told, ElementsAre("demo/build#1", "demo/test#1"));
}

TEST_F(NotifierTest, AnOldNoticeDoesNotMakeANewOneLoud) {
  measuring = true;
  fail("build");
  time.advance(30min);
  fail("test");
  turn_until([&] { return waiting() == 2; });
  EXPECT_THAT(quick_told, ElementsAre("demo/build#1"));
}

TEST_F(NotifierTest, ASinkThatIsNotConfiguredAnyMoreIsGivenUp) {
  queue.set_notice_rules({.sinks = {"gone"}});
  fail("build");
  EXPECT_EQ(waiting(), 0);
  EXPECT_THAT(queue.delivery_counts()->problem, HasSubstr("gone: is not configured any more"));
}

TEST_F(NotifierTest, AWrongClockHoldsNothingUpForLong) {
  answer = Error{Errc::unavailable, "down"};
  time.advance(std::chrono::hours(24 * 365));
  fail("build");
  turn_until([&] { return waiting() == 1; });
  answer = {};
  time.wall = kNow;
  notifier.wake();
  EXPECT_EQ(waiting(), 0);
}

TEST_F(NotifierTest, RemovesWhatAKilledDaemonLeft) {
  const std::string left = directory.path() + "/notice-abc";
  ASSERT_TRUE(make_directories(left));
  notifier.stop([](const Result<void>&) {});
  notifier.start([](const Result<void>&) {});
  EXPECT_FALSE(std::filesystem::exists(left));
}

}  // namespace notifier_test
}  // namespace melisai::serve
