#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/supervise/supervisor_fixture.h"

namespace melisai::supervise {
namespace supervisor_recovery_test {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SupervisorRecovery : public test::SupervisorTest {
 protected:
  SupervisorRecovery() { use(exact()); }

  static SupervisorOptions exact() {
    return {.parallel = true, .restart = {.jitter = 0}};  // so that tests can tell the times
  }
  void fail(const std::string& id, FailureClass failure = FailureClass::communication) {
    EXPECT_TRUE(supervisor->report_failure(id, failure, {Errc::process, "child died"}));
  }
};

TEST_F(SupervisorRecovery, RestartsAFailedModuleWithItsDependents) {
  add("a");
  add("b", {"a"});
  start();
  log.clear();
  fail("a");
  EXPECT_THAT(log, ElementsAre("stop b", "stop a"));
  EXPECT_EQ(state("a"), LifecycleState(Stopped{StopReason::error}));
  EXPECT_EQ(state("b"), LifecycleState(Stopped{StopReason::dependency}));
  EXPECT_EQ(supervisor->status(), SystemStatus::critical);
  EXPECT_EQ(health("a").restart_in, 5s);
  EXPECT_EQ(health("a").last_error, "child died");
  scheduler.run_for(5s - 1ns);
  EXPECT_EQ(name("a"), "stopped");
  scheduler.run_for(1ns);
  EXPECT_THAT(log, ElementsAre("stop b", "stop a", "start a", "start b"));
  EXPECT_EQ(supervisor->status(), SystemStatus::healthy);
  EXPECT_EQ(health("a").attempts, 1);
  EXPECT_EQ(health("b").attempts, 0) << "it was not to blame";
}

TEST_F(SupervisorRecovery, GivesUpAfterThreeRestartsEachLaterThanTheOneBefore) {
  add("a").starts = Error{Errc::io, "no"};
  start();
  for (const Time wait : {5s, 10s, 20s}) {
    const std::size_t calls = log.size();
    scheduler.run_for(wait - 1ns);
    EXPECT_EQ(log.size(), calls);
    scheduler.run_for(1ns);
    EXPECT_EQ(log.size(), calls + 2) << "a start and a stop";
  }
  EXPECT_EQ(state("a"), LifecycleState(Failed{"it could not start: no", 3}));
  scheduler.run_for(24h);
  EXPECT_EQ(log.size(), 8U);
  EXPECT_THAT(
      told({EventType::module_failed}),
      ElementsAre(HasSubstr("; restart 1 of 3 in 5 s"), HasSubstr("; restart 2 of 3 in 10 s"),
                  HasSubstr("; restart 3 of 3 in 20 s"), HasSubstr("; given up after 3 restarts")));
}

TEST_F(SupervisorRecovery, GivesUpAfterOneRestartWhereThatIsTheLimit) {
  use({.parallel = true, .restart = {.jitter = 0, .attempts_max = 1}});
  add("a").starts = Error{Errc::io, "no"};
  start();
  scheduler.run_for(24h);
  EXPECT_THAT(told({EventType::module_failed}),
              ElementsAre(HasSubstr("; restart 1 of 1 in 5 s"),
                          ::testing::EndsWith("; given up after 1 restart")));
}

TEST_F(SupervisorRecovery, CountsAnewAfterAHealthyInterval) {
  add("a");
  start();
  fail("a");
  scheduler.run_for(5s);
  EXPECT_EQ(health("a").attempts, 1);
  scheduler.run_for(30s - 1ns);
  EXPECT_EQ(health("a").attempts, 1) << "running is not yet working";
  scheduler.run_for(1ns);
  EXPECT_EQ(health("a").attempts, 0);
  EXPECT_EQ(health("a").last_error, "");
  fail("a");
  EXPECT_EQ(health("a").restart_in, 5s);
}

TEST_F(SupervisorRecovery, DoesNotCountAnewWhileAModuleIsDegraded) {
  test::FakeModule& a = add("a");
  a.issues = {{IssueSeverity::medium, "slow"}};
  start();
  fail("a");
  scheduler.run_for(10min);
  EXPECT_EQ(health("a").attempts, 1);
}

TEST_F(SupervisorRecovery, LetsTheRestRunWhenAnOptionalModuleHasFailed) {
  add("store");
  add_optional("extra", {"store"}).starts = Error{Errc::io, "no"};
  add_optional("on extra", {"extra"});
  start();
  scheduler.run_for(1h);
  EXPECT_EQ(name("extra"), "failed");
  EXPECT_EQ(name("on extra"), "not_started");
  EXPECT_EQ(name("store"), "running");
  EXPECT_EQ(supervisor->status(), SystemStatus::degraded);
  EXPECT_THAT(supervisor->system_health().failing, ElementsAre("extra", "on extra"));
}

TEST_F(SupervisorRecovery, IsCriticalWhenARequiredModuleNeedsAFailedOptionalOne) {
  add_optional("extra").starts = Error{Errc::config, "no"};
  add("needs it", {"extra"});
  start();
  EXPECT_EQ(supervisor->status(), SystemStatus::critical);
}

TEST_F(SupervisorRecovery, DoesNotRestartWhatIsConfiguredWrongly) {
  add("a").starts = Error{Errc::config, "serve.yaml:3: unknown key"};
  start();
  EXPECT_EQ(state("a"), LifecycleState(Failed{"it could not start: serve.yaml:3: unknown key", 0}));
  scheduler.run_for(24h);
  EXPECT_THAT(log, ElementsAre("start a", "stop a"));
}

TEST_F(SupervisorRecovery, GivesExhaustedResourcesTimeToComeBack) {
  add("a").starts = Error{Errc::disk_full, "no space"};
  start();
  EXPECT_EQ(health("a").restart_in, 60s);
}

TEST_F(SupervisorRecovery, CostsNoAttemptWhenAnotherModuleIsToBlame) {
  add("a");
  start();
  for (int i = 0; i < 10; ++i) {
    fail("a", FailureClass::dependency);
    EXPECT_EQ(health("a").restart_in, 60s);
    scheduler.run_for(60s);
    EXPECT_EQ(name("a"), "running");
    EXPECT_EQ(health("a").attempts, 0);
  }
}

TEST_F(SupervisorRecovery, RestartsThreeModulesAtOnceAndNoMore) {
  for (const std::string id : {"a", "b", "c", "d"}) add(id);
  start();
  for (const auto& [id, module] : modules) module->answers = false;
  for (const auto& [id, module] : modules) {
    fail(id);
    module->stop_waiting({});
  }
  scheduler.run_for(5s);
  EXPECT_EQ(name("a") + " " + name("b") + " " + name("c"), "starting starting starting");
  EXPECT_EQ(name("d"), "stopped");
  EXPECT_EQ(health("d").restart_in, 60s);
  for (const std::string id : {"a", "b", "c"}) modules.at(id)->start_waiting({});
  scheduler.run_for(60s - 1ns);
  EXPECT_EQ(name("d"), "stopped");
  scheduler.run_for(1ns);
  EXPECT_EQ(name("d"), "starting");
  EXPECT_EQ(health("d").attempts, 1) << "waiting was no attempt";
}

TEST_F(SupervisorRecovery, LeavesAFailedModuleThatDoesNotStop) {
  test::FakeModule& a = add("a");
  start();
  a.answers = false;
  fail("a");
  scheduler.run_for(10s);
  EXPECT_EQ(state("a"),
            LifecycleState(Failed{"it did not stop within 10 s; before: child died", 0}));
  scheduler.run_for(24h);
  EXPECT_THAT(log, ElementsAre("start a", "stop a"));
}

TEST_F(SupervisorRecovery, RestartByHandGivesAllAttemptsAgain) {
  test::FakeModule& a = add("a");
  a.starts = Error{Errc::io, "no"};
  start();
  scheduler.run_for(1h);
  ASSERT_EQ(name("a"), "failed");
  a.starts = {};
  restart("a");
  EXPECT_TRUE(restarted && *restarted);
  EXPECT_EQ(health("a").attempts, 0);
  EXPECT_EQ(supervisor->status(), SystemStatus::healthy);
}

TEST_F(SupervisorRecovery, RestartByHandDoesNotWaitForTheBackOff) {
  add("a");
  start();
  fail("a");
  restart("a");
  EXPECT_TRUE(restarted && *restarted);
  EXPECT_EQ(name("a"), "running");
  scheduler.run_for(5s);
  EXPECT_THAT(log, ElementsAre("start a", "stop a", "start a")) << "and nothing comes after it";
}

TEST_F(SupervisorRecovery, TakesReportsOnlyFromWhatRuns) {
  add("a");
  EXPECT_EQ(supervisor->report_failure("a", FailureClass::health, {}).error().message,
            "module 'a' is not running but not_started");
  EXPECT_EQ(supervisor->report_issue("b", {}).error().code, Errc::not_found);
}

TEST_F(SupervisorRecovery, TellsTheSeverityByWhatTheSystemLoses) {
  add("store");
  add_optional("extra");
  start();
  told();
  fail("store");
  fail("extra");
  std::vector<EventSeverity> severities;
  for (const Event& event : bus.after(0, SIZE_MAX).events)
    if (event.type == EventType::module_failed) severities.push_back(event.severity);
  EXPECT_THAT(severities, ElementsAre(EventSeverity::critical, EventSeverity::error));
}

}  // namespace supervisor_recovery_test
}  // namespace melisai::supervise
