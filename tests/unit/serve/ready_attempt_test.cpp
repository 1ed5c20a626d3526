// A process that waits for its run: the daemon's side on the loop, the process's on a thread that a
// fake runner answers from.
#include "core/serve/ready_attempt.h"

#include <filesystem>
#include <future>

#include "core/base/files.h"
#include "tests/fakes/fake_process_runner.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace ready_attempt_test {

using Waited = Result<std::optional<HandedOver>>;

class Ready : public WithLoop {
 protected:
  Ready() {
    std::filesystem::create_directory(attempt);
    world.make_runner = [this](const Interrupt&) {
      return std::make_unique<FakeProcessRunner>([this](const Command& command) {
        FakeProcessRunner::print(command, "said");
        if (ends_early) return Exit{.code = 1};
        waited.set_value(wait_for_run(command.cwd));
        return Exit{};
      });
    };
  }
  std::unique_ptr<ReadyAttempt> start() {
    Command command;
    command.cwd = place;
    command.stdout_file = place + "/" + ReadyAttempt::kLogFile;
    auto ready = ReadyAttempt::start(loop, world.make_runner, command);
    EXPECT_TRUE(ready);
    return *std::move(ready);
  }
  std::optional<ReadyAttempt::Taken> take(ReadyAttempt& ready) {
    return ready.take(attempt, [this](const Result<Exit>& exit) { ended = exit.has_value(); });
  }
  /// Once its process is there, and has a log.
  ReadyAttempt::Taken taken_from(ReadyAttempt& ready) {
    std::optional<ReadyAttempt::Taken> taken;
    while (!(taken = take(ready))) loop.run_one_for(std::chrono::milliseconds(10));
    return *std::move(taken);
  }

  const std::string place = directory.path() + "/ready/1";
  const std::string attempt = directory.path() + "/7-1";
  bool ends_early = false;
  bool ended = false;
  std::promise<Waited> waited;
};

TEST_F(Ready, OneIsToldItsRunAndGivesItsLogToIt) {
  const auto ready = start();
  const ReadyAttempt::Taken taken = taken_from(*ready);
  EXPECT_EQ(taken.tree.root_pid, FakeProcessRunner::kRootPid);
  EXPECT_EQ(read_file(attempt + "/work.log", 100).value(), "said");
  ASSERT_TRUE(hand_over(taken.task, {.run = 7, .directory = attempt}));
  const Waited told = waited.get_future().get();
  ASSERT_TRUE(told && *told);
  EXPECT_EQ((*told)->run, 7);
  EXPECT_EQ((*told)->directory, attempt);
  turn_until([&] { return ended; });
  EXPECT_FALSE(std::filesystem::exists(place)) << "the process has left it";
}

TEST_F(Ready, OneThatIsTakenOnceIsNobodyElses) {
  const auto ready = start();
  const ReadyAttempt::Taken taken = taken_from(*ready);
  EXPECT_FALSE(take(*ready));
  ASSERT_TRUE(hand_over(taken.task, {.run = 7, .directory = attempt}));
  waited.get_future().wait();
}

TEST_F(Ready, OneThatNobodyTakesEndsAndLeavesNothing) {
  auto ready = start();
  while (!std::filesystem::exists(place + "/work.log"))
    loop.run_one_for(std::chrono::milliseconds(10));
  ready.reset();
  const Waited told = waited.get_future().get();
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_FALSE(*told);
  EXPECT_FALSE(std::filesystem::exists(place));
}

TEST_F(Ready, OneThatHasEndedIsNotTaken) {
  ends_early = true;
  const auto ready = start();
  turn_until([&] { return ready->has_ended(); });
  EXPECT_FALSE(take(*ready));
}

TEST_F(Ready, OneThatIsToldNonsenseSaysSo) {
  std::filesystem::create_directories(place);
  ASSERT_TRUE(write_file(place + "/task", "seven\n"));
  const Waited told = wait_for_run(place);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, Errc::parse);
}

}  // namespace ready_attempt_test
}  // namespace melisai::serve
