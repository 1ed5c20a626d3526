#include "core/serve/engines.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <future>

#include "core/serve/attempt_result.h"
#include "tests/fakes/fake_process_runner.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace engines_test {

using supervise::Issue;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EnginesTest : public WithLoop {
 protected:
  ~EnginesTest() override {
    engines.stop([](const Result<void>&) {});
  }
  void start() {
    bool started = false;
    engines.start([&](const Result<void>& done) { started = done.has_value(); });
    turn_until([&] { return started; });
  }
  std::vector<Issue> issues() {
    std::vector<Issue> found;
    engines.check([&](const Result<std::vector<Issue>>& checked) {
      ASSERT_TRUE(checked);
      found = *checked;
    });
    return found;
  }
  void stop() {
    bool stopped = false;
    engines.stop([&](const Result<void>& done) { stopped = done.has_value(); });
    turn_until([&] { return stopped; });
  }
  /// From now on attempts run until somebody ends them.
  void run_until_ended() {
    world.make_runner = [](const Interrupt& end) {
      return std::make_unique<FakeProcessRunner>([&end](const Command&) {
        pollfd asked{.fd = end.fd(), .events = POLLIN, .revents = 0};
        poll(&asked, 1, -1);
        return Exit{.end = Exit::End::interrupted};
      });
    };
  }
  void turn_until_it_runs() {
    turn_until([&] {
      const auto open = queue.open_attempts();
      return open && open->size() == 1 && open->front().pid != 0;
    });
  }
  /// No attempt can have a directory.
  void block_attempts() { ASSERT_TRUE(write_file(directory.path() + "/attempts", "in the way")); }

  Engines engines{context};
};

TEST_F(EnginesTest, ARunThatCouldStartAndDoesNotIsAnIssue) {
  block_attempts();
  start();
  EXPECT_THAT(issues(), IsEmpty());
  add_run("demo", kShaA, "build");
  engines.wake();
  EXPECT_THAT(issues(), ElementsAre(Field(&Issue::message, HasSubstr("demo/build#1 could start"))));
}

TEST_F(EnginesTest, StartWhileEveryGitServerHangs) {
  slow_servers.hang(kUrl);
  for (std::size_t thread = 0; thread < kPoolThreads; ++thread)
    boost::asio::post(pool, [this] { (void)slow_servers.open(remote)->refs({.url = kUrl}); });
  start();
}

TEST_F(EnginesTest, ARunThatWaitsForSomethingIsNone) {
  block_attempts();
  start();
  add_run("demo", kShaA, "build");
  ASSERT_TRUE(engines.pause("by hand"));
  EXPECT_THAT(issues(), IsEmpty());
}

TEST_F(EnginesTest, TheEngineOfACancelledRunHasNoFault) {
  run_until_ended();
  const PipelineRun run = add_run("demo", kShaA, "build");
  start();
  turn_until_it_runs();
  ASSERT_TRUE(queue.cancel(run.id, "cancelled by hand", kNow)->running);
  engines.end_run(run.id);
  turn_until([&] { return queue.run(run.id)->outcome.has_value(); });
  EXPECT_EQ(queue.run(run.id)->outcome, PipelineRun::Outcome::cancelled);
  EXPECT_EQ(engines.view().front().state, EngineState::idle);
}

TEST_F(EnginesTest, OneWhoseProcessDiesByItselfHas) {
  world.make_runner = [](const Interrupt&) { return std::make_unique<FakeProcessRunner>(); };
  const PipelineRun run = add_run("demo", kShaA, "build");
  start();
  turn_until([&] { return !queue.run(run.id)->reason.empty(); });
  EXPECT_EQ(queue.run(run.id)->state, PipelineRun::State::queued) << "it is tried again";
  EXPECT_EQ(engines.view().front().state, EngineState::error);
}

TEST_F(EnginesTest, AnOrderedRestartIsNoCrashOfTheRun) {
  run_until_ended();
  const PipelineRun run = add_run("demo", kShaA, "build");
  for (int i = 0; i <= kInterruptsMax; ++i) {
    start();
    turn_until_it_runs();
    stop();
    ASSERT_EQ(queue.run(run.id)->state, PipelineRun::State::queued) << queue.run(run.id)->reason;
  }
}

TEST_F(EnginesTest, ARunThatRestartsTheDaemonDoesNotDoSoForEver) {
  run_until_ended();
  const PipelineRun run = add_run("demo", kShaA, "build");
  for (int i = 0; i <= kStopsMax; ++i) {
    ASSERT_EQ(queue.run(run.id)->state, PipelineRun::State::queued) << i;
    start();
    turn_until_it_runs();
    stop();
  }
  EXPECT_EQ(queue.run(run.id)->outcome, PipelineRun::Outcome::error);
  EXPECT_THAT(queue.run(run.id)->reason, HasSubstr("restarts the daemon itself"));
}

TEST_F(EnginesTest, APreparedProcessTakesTheNextRun) {
  std::promise<std::optional<HandedOver>> told;
  world.keeps_ready = true;
  world.make_runner = [&told](const Interrupt&) {
    return std::make_unique<FakeProcessRunner>([&told](const Command& command) {
      EXPECT_THAT(command.argv, ::testing::Contains("--ready"));
      FakeProcessRunner::print(command, "said");
      if (!command.cwd.ends_with("/1")) return Exit{};
      told.set_value(wait_for_run(command.cwd).value());
      return Exit{};
    });
  };
  start();
  while (access((directory.path() + "/ready/1/work.log").c_str(), F_OK) != 0)
    loop.run_one_for(std::chrono::milliseconds(10));
  const PipelineRun run = add_run("demo", kShaA, "build");
  engines.wake();
  turn_until([&] { return !queue.run(run.id)->reason.empty(); });
  const auto got = told.get_future().get();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->run, run.id);
  EXPECT_EQ(queue.attempts(run.id)->front().directory, got->directory);
  EXPECT_EQ(queue.attempts(run.id)->front().pid, FakeProcessRunner::kRootPid);
}

TEST_F(EnginesTest, APreparedProcessThatCannotBeToldItsRunEnds) {
  world.keeps_ready = true;
  world.make_runner = [](const Interrupt& end) {
    return std::make_unique<FakeProcessRunner>([&end](const Command& command) {
      FakeProcessRunner::print(command, "has not opened the FIFO yet");
      pollfd asked{.fd = end.fd(), .events = POLLIN, .revents = 0};
      poll(&asked, 1, -1);
      return Exit{.end = Exit::End::interrupted};
    });
  };
  start();
  const std::string ready = directory.path() + "/ready/1";
  while (access((ready + "/work.log").c_str(), F_OK) != 0)
    loop.run_one_for(std::chrono::milliseconds(10));
  const Fd full(open((ready + "/task").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  while (write(full.get(), "x", 1) == 1) continue;
  const PipelineRun run = add_run("demo", kShaA, "build");
  engines.wake();
  turn_until([&] { return !queue.run(run.id)->reason.empty(); });
  EXPECT_EQ(queue.run(run.id)->state, PipelineRun::State::queued) << "it is tried again";
}

}  // namespace engines_test
}  // namespace melisai::serve
