#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/supervise/supervisor_fixture.h"

namespace melisai::supervise {
namespace supervisor_health_test {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

using SupervisorHealth = test::SupervisorTest;

TEST_F(SupervisorHealth, ChecksAtTheStartAndEveryThirtySeconds) {
  test::FakeModule& a = add("a");
  start();
  EXPECT_EQ(name_of(health("a").health), "unknown");
  scheduler.run_for(0s);
  EXPECT_EQ(a.checks_seen, 1);
  EXPECT_EQ(name_of(health("a").health), "healthy");
  scheduler.run_for(30s - 1ns);
  EXPECT_EQ(a.checks_seen, 1);
  scheduler.run_for(1ns);
  EXPECT_EQ(a.checks_seen, 2);
}

TEST_F(SupervisorHealth, RestartsAModuleThatMissesThreeChecksInARow) {
  test::FakeModule& a = add("a");
  start();
  a.answers_checks = false;
  scheduler.run_for(2 * 30s + 5s - 1ns);
  EXPECT_EQ(a.checks_seen, 3);
  EXPECT_EQ(name_of(health("a").health), "degraded");
  EXPECT_EQ(name("a"), "running");
  scheduler.run_for(1ns);
  EXPECT_EQ(state("a"), LifecycleState(Stopped{StopReason::error}));
  EXPECT_EQ(name_of(health("a").health), "unknown") << "its next start begins anew";
  EXPECT_EQ(health("a").last_error,
            "3 health checks in a row failed, the last: no answer within 5 s");
  EXPECT_THAT(told({EventType::module_health}),
              ElementsAre("module_health a: degraded: health check failed: no answer within 5 s",
                          "module_health a: unhealthy: 3 health checks in a row failed, the last: "
                          "no answer within 5 s"));
}

TEST_F(SupervisorHealth, IgnoresAnAnswerThatComesTooLate) {
  test::FakeModule& a = add("a");
  a.answers_checks = false;
  start();
  scheduler.run_for(5s);
  a.check_waiting(std::vector<Issue>{});
  EXPECT_EQ(name_of(health("a").health), "degraded");
  scheduler.run_for(25s);
  a.check_waiting(std::vector<Issue>{});
  EXPECT_EQ(name_of(health("a").health), "healthy");
}

TEST_F(SupervisorHealth, DoesNotCheckWhatGoesDown) {
  test::FakeModule& a = add("a");
  start();
  a.answers_checks = false;
  scheduler.run_for(0s);
  a.answers = false;
  restart("a");
  a.check_waiting(Error{Errc::io, "of course not"});
  scheduler.run_for(9s);
  EXPECT_EQ(a.checks_seen, 1);
  EXPECT_EQ(name_of(health("a").health), "unknown");
}

TEST_F(SupervisorHealth, FindsAStuckModuleAlsoWhenChecksAreSlowerThanTheirInterval) {
  test::FakeModule& a = add({.id = "a", .health_interval = 1s, .health_timeout = 5s});
  a.answers_checks = false;
  start();
  scheduler.run_for(15s);
  EXPECT_EQ(a.checks_seen, 3) << "one at a time";
  EXPECT_EQ(name("a"), "stopped");
}

TEST_F(SupervisorHealth, ShowsIssuesAndWhoHasThem) {
  add("store").issues = {{IssueSeverity::high, "slow disk"}};
  add("poller");
  start();
  scheduler.run_for(0s);
  ASSERT_TRUE(supervisor->report_issue("poller", {IssueSeverity::low, "one retry"}));
  const SystemHealth system = supervisor->system_health();
  EXPECT_EQ(system.status, SystemStatus::degraded);
  ASSERT_EQ(system.issues.size(), 2U);
  EXPECT_EQ(system.issues[0].module + ": " + system.issues[0].issue.message, "store: slow disk");
  EXPECT_EQ(system.issues[1].module + ": " + system.issues[1].issue.message, "poller: one retry");
  EXPECT_THAT(system.failing, IsEmpty());
  EXPECT_EQ(name_of(health("poller").health), "healthy");
}

TEST_F(SupervisorHealth, IsCriticalAtOnceWithACriticalIssue) {
  add("store");
  start();
  scheduler.run_for(0s);
  told();
  ASSERT_TRUE(supervisor->report_issue("store", {IssueSeverity::critical, "read-only disk"}));
  EXPECT_EQ(supervisor->status(), SystemStatus::critical);
  EXPECT_EQ(name("store"), "running") << "only failed checks restart";
  EXPECT_THAT(told(), ElementsAre("module_health store: unhealthy: read-only disk",
                                  "system_status supervisor: the system is critical"));
}

TEST_F(SupervisorHealth, TellsOfTheSystemWhenACheckChangesIt) {
  test::FakeModule& a = add("a");
  start();
  scheduler.run_for(0s);
  told();
  a.issues = {{IssueSeverity::medium, "slow"}};
  scheduler.run_for(30s);
  EXPECT_THAT(told(), Contains("system_status supervisor: the system is degraded"));
}

TEST_F(SupervisorHealth, ShowsDescriptionAndUptime) {
  add({.id = "b", .name = "", .version = "2.1", .dependencies = {"a"}});
  add({.id = "a", .name = "Store", .required = false});
  EXPECT_EQ(supervisor->system_health().modules.size(), 2U) << "also before the start";
  EXPECT_EQ(supervisor->system_health().uptime, 0s);
  start();
  scheduler.run_for(90s);
  const SystemHealth system = supervisor->system_health();
  EXPECT_EQ(system.uptime, 90s);
  ASSERT_EQ(system.modules.size(), 2U);
  EXPECT_EQ(system.modules[0].name, "Store") << "in the order in which they start";
  EXPECT_FALSE(system.modules[0].required);
  EXPECT_EQ(system.modules[1].name, "b");
  EXPECT_EQ(system.modules[1].version, "2.1");
}

}  // namespace supervisor_health_test
}  // namespace melisai::supervise
