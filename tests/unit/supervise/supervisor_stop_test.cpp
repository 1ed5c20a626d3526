#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/supervise/supervisor_fixture.h"

namespace melisai::supervise {
namespace supervisor_stop_test {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SupervisorStop : public test::SupervisorTest {
 protected:
  // a <- b <- c, all running, nothing in the log.
  void start_chain() {
    add("a");
    add("b", {"a"});
    add("c", {"b"});
    start();
    log.clear();
  }
};

TEST_F(SupervisorStop, StopsDependentsFirst) {
  start_chain();
  stop();
  EXPECT_THAT(log, ElementsAre("stop c", "stop b", "stop a"));
  EXPECT_TRUE(stopped && *stopped);
  EXPECT_EQ(state("a"), LifecycleState(Stopped{StopReason::shutdown}));
  EXPECT_EQ(supervisor->status(), SystemStatus::stopped);
  scheduler.run_for(1h);
  EXPECT_EQ(log.size(), 3U) << "nothing starts, nothing is checked";
  EXPECT_EQ(scheduler.waiting(), 0U);
}

TEST_F(SupervisorStop, WaitsForDependentsBeforeItStopsWhatTheyNeed) {
  start_chain();
  modules.at("c")->answers = false;
  stop();
  EXPECT_THAT(log, ElementsAre("stop c"));
  EXPECT_EQ(supervisor->status(), SystemStatus::stopping);
  modules.at("c")->stop_waiting({});
  EXPECT_THAT(log, ElementsAre("stop c", "stop b", "stop a"));
}

TEST_F(SupervisorStop, LeavesAModuleThatDoesNotStopAndGoesOn) {
  start_chain();
  modules.at("c")->answers = false;
  stop();
  scheduler.run_for(10s - 1ns);
  EXPECT_FALSE(stopped);
  scheduler.run_for(1ns);
  EXPECT_THAT(log, ElementsAre("stop c", "stop b", "stop a"));
  EXPECT_EQ(state("c"), LifecycleState(Failed{"it did not stop within 10 s", 0}));
  EXPECT_EQ(stopped->error().code, Errc::timeout);
  EXPECT_EQ(stopped->error().message, "these modules did not stop and were left: 'c'");
}

TEST_F(SupervisorStop, EndsInThirtySecondsAndAsksEverybody) {
  for (int i = 0; i < 20; ++i) {
    const std::vector<std::string> needs = {"m" + std::to_string(i - 1)};
    add("m" + std::to_string(i), i == 0 ? std::vector<std::string>{} : needs);
  }
  start();
  log.clear();
  for (const auto& [id, module] : modules) module->answers = false;
  stop();
  scheduler.run_for(30s - 1ns);
  EXPECT_FALSE(stopped);
  EXPECT_EQ(log.size(), 20U);
  scheduler.run_for(1ns);
  EXPECT_TRUE(stopped && !*stopped);
}

TEST_F(SupervisorStop, LeavesTimeForWhatIsBelowAModuleThatHangs) {
  use({.stop_timeout = 5s});
  add("store").answers = true;
  add("engine", {"store"});
  start();
  modules.at("engine")->answers = false;
  stop();
  scheduler.run_for(4s);
  EXPECT_EQ(name("engine"), "failed");
  EXPECT_EQ(name("store"), "stopped");
}

TEST_F(SupervisorStop, StopsWhatIsStillStarting) {
  test::FakeModule& slow = add("slow");
  slow.answers = false;
  start();
  stop();
  EXPECT_EQ(started->error().code, Errc::interrupted);
  slow.stop_waiting({});
  slow.start_waiting({});
  EXPECT_EQ(state("slow"), LifecycleState(Stopped{StopReason::shutdown}));
  EXPECT_TRUE(stopped && *stopped);
}

TEST_F(SupervisorStop, ShortensAStopThatWasUnderWay) {
  use({.stop_timeout = 2s});
  start_chain();
  modules.at("c")->answers = false;
  restart("c");
  EXPECT_EQ(name("c"), "stopping");
  stop();
  scheduler.run_for(2s);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(restarted->error().code, Errc::interrupted);
}

TEST_F(SupervisorStop, CancelsARestartThatWasPlanned) {
  add("a").starts = Error{Errc::io, "no"};
  start();
  stop();
  EXPECT_TRUE(stopped && *stopped);
  EXPECT_EQ(state("a"), LifecycleState(Stopped{StopReason::error}));
  scheduler.run_for(1h);
  EXPECT_THAT(log, ElementsAre("start a", "stop a"));
}

TEST_F(SupervisorStop, LeavesNothingOfARecoveryToTheNextStart) {
  add("a").answers = false;
  start();
  modules.at("a")->start_waiting(Error{Errc::io, "no"});
  stop();
  modules.at("a")->stop_waiting({});
  EXPECT_TRUE(stopped && *stopped);
  EXPECT_EQ(scheduler.waiting(), 0U) << "no restart is planned";
  started.reset();
  start();
  EXPECT_EQ(name("a"), "starting");
  EXPECT_EQ(health("a").attempts, 0);
}

TEST_F(SupervisorStop, AnswersAtOnceWhenNothingRuns) {
  add("a");
  stop();
  EXPECT_TRUE(stopped && *stopped);
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(SupervisorStop, AnswersEverybodyWhoAsked) {
  start_chain();
  modules.at("c")->answers = false;
  stop();
  std::optional<Result<void>> second;
  supervisor->stop_all(keep(second));
  scheduler.run_for(10s);
  EXPECT_TRUE(stopped && second);
}

TEST_F(SupervisorStop, RefusesNewWorkWhileItGoesOn) {
  start_chain();
  modules.at("c")->answers = false;
  stop();
  test::FakeModule late("late");
  EXPECT_EQ(supervisor->register_module({.id = "late"}, late).error().code, Errc::unavailable);
  restart("a");
  EXPECT_EQ(restarted->error().code, Errc::unavailable);
  std::optional<Result<void>> again;
  supervisor->start_all(keep(again));
  EXPECT_THAT(again->error().message, HasSubstr("is stopping"));
}

TEST_F(SupervisorStop, CanBeFollowedByAnotherStart) {
  start_chain();
  test::FakeModule& stubborn = *modules.at("c");
  stubborn.stops = Error{Errc::io, "busy"};
  stop();
  EXPECT_EQ(state("c"), LifecycleState(Failed{"busy", 0}));
  stubborn.stops = {};
  started.reset();
  log.clear();
  start();
  EXPECT_TRUE(started && *started);
  EXPECT_THAT(log, ElementsAre("start a", "start b", "stop c", "start c"))
      << "what did not stop is stopped again first";
}

TEST_F(SupervisorStop, RestartTakesDependentsDownFirstAndUpLast) {
  start_chain();
  add_optional("other");
  log.clear();
  restart("b");
  EXPECT_TRUE(restarted && *restarted);
  EXPECT_THAT(log, ElementsAre("stop c", "stop b", "start b", "start c"));
  EXPECT_THAT(told({EventType::module_stopping}),
              ElementsAre("module_stopping c: stopping: dependency",
                          "module_stopping b: stopping: requested"));
}

TEST_F(SupervisorStop, RestartAnswersWhenDependentsRunAgain) {
  start_chain();
  modules.at("c")->answers = false;
  restart("b");
  modules.at("c")->stop_waiting({});
  EXPECT_EQ(name("b"), "running");
  EXPECT_FALSE(restarted);
  EXPECT_EQ(supervisor->status(), SystemStatus::degraded) << "on purpose, so not critical";
  modules.at("c")->start_waiting({});
  EXPECT_TRUE(restarted && *restarted);
}

TEST_F(SupervisorStop, RestartFromWithinAnAnswerWaitsForDependentsToo) {
  add("a");
  add("b", {"a"});
  supervisor->start_all([&](const Result<void>&) {
    modules.at("b")->answers = false;
    restart("a");
  });
  modules.at("b")->stop_waiting({});
  EXPECT_EQ(name("a"), "running");
  EXPECT_EQ(name("b"), "starting");
  EXPECT_FALSE(restarted);
}

TEST_F(SupervisorStop, RestartNamesWhatDoesNotRunAfterwards) {
  start_chain();
  modules.at("b")->starts = Error{Errc::io, "port is taken"};
  restart("b");
  EXPECT_EQ(restarted->error().message,
            "not all modules run: 'b' is stopped (it could not start: port is taken), 'c' is "
            "stopped");
}

TEST_F(SupervisorStop, RestartIsRefusedWhileADependencyDoesNotRun) {
  start_chain();
  modules.at("a")->starts = Error{Errc::config, "no path"};
  restart("a");
  EXPECT_EQ(name("a"), "failed");
  restarted.reset();
  restart("b");
  EXPECT_EQ(restarted->error().code, Errc::unavailable);
  EXPECT_EQ(restarted->error().message,
            "module 'b' cannot start: its dependency 'a' is failed; restart that first");
}

TEST_F(SupervisorStop, RestartOfAnUnknownModuleNamesTheOneThatWasMeant) {
  add("store");
  start();
  restart("stoer");
  EXPECT_EQ(restarted->error().code, Errc::not_found);
  EXPECT_EQ(restarted->error().message, "there is no module 'stoer'; did you mean 'store'?");
}

TEST_F(SupervisorStop, AFailureDuringARestartChangesNothing) {
  start_chain();
  modules.at("c")->answers = false;
  restart("a");
  ASSERT_TRUE(supervisor->report_failure("a", FailureClass::config, {Errc::config, "wrong"}));
  modules.at("c")->stop_waiting({});
  EXPECT_FALSE(restarted);
  modules.at("c")->start_waiting({});
  EXPECT_TRUE(restarted && *restarted);
  EXPECT_EQ(name("a"), "running");
}

TEST_F(SupervisorStop, TwoRestartsAtOnceBothGetTheirAnswer) {
  start_chain();
  modules.at("c")->answers = false;
  restart("b");
  std::optional<Result<void>> second;
  supervisor->restart_module("a", keep(second));
  modules.at("c")->stop_waiting({});
  EXPECT_THAT(log, ElementsAre("stop c", "stop b", "stop a", "start a", "start b", "start c"));
  modules.at("c")->start_waiting({});
  EXPECT_TRUE(restarted && *restarted);
  EXPECT_TRUE(second && *second);
}

}  // namespace supervisor_stop_test
}  // namespace melisai::supervise
