#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/supervise/supervisor_fixture.h"

namespace melisai::supervise {
namespace supervisor_start_test {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using SupervisorStart = test::SupervisorTest;

TEST_F(SupervisorStart, FollowsDependenciesOneByOne) {
  add("engine", {"store", "bus"});
  add("store", {"bus"});
  add("bus");
  start();
  ASSERT_TRUE(started && *started);
  EXPECT_THAT(log, ElementsAre("start bus", "start store", "start engine"));
  EXPECT_EQ(state("engine"), LifecycleState(Running{scheduler.now()}));
  EXPECT_EQ(supervisor->status(), SystemStatus::healthy);
}

TEST_F(SupervisorStart, StartsOneAtATimeUnlessParallel) {
  test::FakeModule& a = add("a");
  add("b");
  a.answers = false;
  start();
  EXPECT_THAT(log, ElementsAre("start a"));
  a.start_waiting({});
  EXPECT_THAT(log, ElementsAre("start a", "start b"));
}

TEST_F(SupervisorStart, StartsTogetherWhatDoesNotDependOnEachOther) {
  use({.parallel = true});
  for (const std::string id : {"a", "b"}) add(id).answers = false;
  add("on a", {"a"});
  add("on both", {"a", "b"});
  start();
  EXPECT_THAT(log, ElementsAre("start a", "start b"));
  modules.at("a")->start_waiting({});
  EXPECT_THAT(log, ElementsAre("start a", "start b", "start on a"));
  EXPECT_FALSE(started);
  EXPECT_EQ(supervisor->status(), SystemStatus::starting);
  modules.at("b")->start_waiting({});
  EXPECT_EQ(log.back(), "start on both");
  EXPECT_TRUE(started && *started);
}

TEST_F(SupervisorStart, WaitsBetweenStartsWhenToldTo) {
  use({.start_delay = 1s});
  add("a");
  add("b");
  start();
  scheduler.run_for(1s - 1ns);
  EXPECT_THAT(log, ElementsAre("start a"));
  scheduler.run_for(1ns);
  EXPECT_THAT(log, ElementsAre("start a", "start b"));
}

TEST_F(SupervisorStart, GivesUpOnAModuleThatDoesNotAnswer) {
  test::FakeModule& slow = add("slow");
  slow.answers = false;
  start();
  scheduler.run_for(30s - 1ns);
  EXPECT_EQ(name("slow"), "starting");
  scheduler.run_for(1ns);
  EXPECT_EQ(name("slow"), "stopping") << "it may hold something";
  ASSERT_TRUE(started);
  EXPECT_EQ(started->error().code, Errc::unavailable);
  EXPECT_EQ(started->error().message,
            "not all modules run: 'slow' is stopping (it could not start: it did not start within "
            "30 s)");
  slow.start_waiting({});
  EXPECT_EQ(name("slow"), "stopping") << "an answer that comes too late counts for nothing";
}

TEST_F(SupervisorStart, RunsWhatDoesNotNeedAFailedModule) {
  add("bus").starts = Error{Errc::io, "socket is taken"};
  add("on bus", {"bus"});
  add("other");
  start();
  EXPECT_EQ(name("bus"), "stopped");
  EXPECT_EQ(name("on bus"), "not_started");
  EXPECT_EQ(name("other"), "running");
  EXPECT_THAT(started->error().message,
              HasSubstr("'bus' is stopped (it could not start: socket is taken), 'on bus' is "
                        "not_started"));
  EXPECT_EQ(supervisor->status(), SystemStatus::critical);
}

TEST_F(SupervisorStart, AnswersWellWhenOnlyAnOptionalModuleFailed) {
  add("store");
  add_optional("extra", {"store"}).starts = Error{Errc::io, "no socket"};
  start();
  EXPECT_TRUE(started && *started);
  EXPECT_EQ(supervisor->status(), SystemStatus::degraded);
}

TEST_F(SupervisorStart, AnswersInTimeWhenModulesDoNot) {
  use({.startup_timeout = 60s});
  for (const std::string id : {"a", "b", "c"}) add(id).answers = false;
  start();
  scheduler.run_for(60s - 1ns);
  EXPECT_FALSE(started);
  scheduler.run_for(1ns);
  EXPECT_TRUE(started && !*started);
}

TEST_F(SupervisorStart, RefusesABrokenGraph) {
  add("a", {"b"});
  add("b", {"a"});
  start();
  EXPECT_THAT(started->error().message, HasSubstr("circle: 'a' -> 'b' -> 'a'"));
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(supervisor->status(), SystemStatus::stopped);
}

TEST_F(SupervisorStart, RefusesToStartTwice) {
  add("a").answers = false;
  start();
  std::optional<Result<void>> second;
  supervisor->start_all(keep(second));
  EXPECT_EQ(second->error().code, Errc::usage);
  EXPECT_FALSE(started);
}

TEST_F(SupervisorStart, RefusesDescriptorsThatMakeNoSense) {
  test::FakeModule module("m");
  const auto refusal = [&](ModuleDescriptor descriptor) {
    const Result<void> registered = supervisor->register_module(std::move(descriptor), module);
    return registered ? "" : registered.error().message;
  };
  EXPECT_EQ(refusal({}), "a module has no id; give it one");
  EXPECT_EQ(refusal({.id = "m", .startup_timeout = 0s}),
            "module 'm': startup_timeout must be longer than nothing");
  EXPECT_EQ(refusal({.id = "m", .health_interval = -1s}),
            "module 'm': health_interval must be longer than nothing");
  EXPECT_EQ(refusal({.id = "m", .unhealthy_after = 0}),
            "module 'm': unhealthy_after must be 1 or more");
  EXPECT_EQ(refusal({.id = "m"}), "");
  EXPECT_THAT(refusal({.id = "m"}), HasSubstr("'m' is registered already"));
}

TEST_F(SupervisorStart, StartsAModuleThatIsRegisteredWhileTheSystemRuns) {
  add("store");
  start();
  test::FakeModule extra("extra", &log);
  const Result<void> unknown =
      supervisor->register_module({.id = "extra", .dependencies = {"stor"}}, extra);
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean 'store'?"));
  EXPECT_FALSE(supervisor->module_state("extra"));
  extra.starts = Error{Errc::io, "no socket"};
  ASSERT_TRUE(supervisor->register_module(
      {.id = "extra", .dependencies = {"store"}, .required = false}, extra));
  EXPECT_EQ(log.back(), "stop extra");
  EXPECT_EQ(name("store"), "running");
  EXPECT_EQ(supervisor->status(), SystemStatus::degraded);
  extra.starts = {};
  scheduler.run_for(10s);
  EXPECT_EQ(name("extra"), "running");
  EXPECT_EQ(supervisor->status(), SystemStatus::healthy);
}

TEST_F(SupervisorStart, TellsWhatItDoes) {
  add("store");
  start();
  EXPECT_THAT(told(),
              ElementsAre("module_starting store: starting", "module_running store: running",
                          "system_status supervisor: the system is healthy"));
  scheduler.run_for(0s);
  EXPECT_THAT(told(),
              ElementsAre("health_check_response store: healthy", "module_health store: healthy"));
}

TEST_F(SupervisorStart, IgnoresAnswersAfterItsOwnEnd) {
  test::FakeModule& slow = add("slow");
  slow.answers = false;
  start();
  supervisor.reset();
  slow.start_waiting({});
  scheduler.run_for(1h);
  EXPECT_EQ(scheduler.waiting(), 0U);
  EXPECT_FALSE(started);
}

}  // namespace supervisor_start_test
}  // namespace melisai::supervise
