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
    return ready.take(attempt,
                      {.started = [this](const ProcessTree& tree) { started_pid = tree.root_pid; },
                       .ended = [this](const Result<Exit>& exit) { ended = exit.has_value(); }});
  }
  void turn_until_it_is_there() {
    while (!std::filesystem::exists(place + "/work.log"))
      loop.run_one_for(std::chrono::milliseconds(10));
  }

  const std::string place = directory.path() + "/ready/1";
  const std::string attempt = directory.path() + "/7-1";
  bool ends_early = false;
  bool ended = false;
  std::int64_t started_pid = 0;
  std::promise<Waited> waited;
};

TEST_F(Ready, OneIsToldItsRunAndGivesItsLogToIt) {
  const auto ready = start();
  turn_until_it_is_there();
  const ReadyAttempt::Taken taken = take(*ready).value();
  EXPECT_EQ(taken.tree->root_pid, FakeProcessRunner::kRootPid);
  EXPECT_EQ(started_pid, 0) << "the caller knows it already";
  EXPECT_EQ(read_file(attempt + "/work.log", 100).value(), "said");
  ASSERT_TRUE(hand_over(taken.task, {.run = 7, .directory = attempt}));
  const Waited told = waited.get_future().get();
  ASSERT_TRUE(told && *told);
  EXPECT_EQ((*told)->run, 7);
  EXPECT_EQ((*told)->directory, attempt);
  turn_until([&] { return ended; });
  EXPECT_FALSE(std::filesystem::exists(place)) << "the process has left it";
}

TEST_F(Ready, OneThatIsNotThereYetIsTakenToo) {
  const auto ready = start();
  const ReadyAttempt::Taken taken = take(*ready).value();
  EXPECT_FALSE(taken.tree);
  turn_until([&] { return started_pid == FakeProcessRunner::kRootPid; });
  ASSERT_TRUE(hand_over(taken.task, {.run = 7, .directory = attempt}));
  turn_until([&] { return ended; });
  EXPECT_EQ(waited.get_future().get().value()->run, 7);
}

TEST_F(Ready, OneThatIsTakenOnceIsNobodyElses) {
  const auto ready = start();
  turn_until_it_is_there();
  const ReadyAttempt::Taken taken = take(*ready).value();
  EXPECT_FALSE(take(*ready));
  ASSERT_TRUE(hand_over(taken.task, {.run = 7, .directory = attempt}));
  waited.get_future().wait();
}

TEST_F(Ready, OneThatNobodyTakesEndsAndLeavesNothing) {
  auto ready = start();
  turn_until_it_is_there();
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
  for (const std::string& nonsense : {std::string("seven\n"), std::string(1'000'000, '7')}) {
    ASSERT_TRUE(write_file(place + "/task", nonsense));
    const Waited told = wait_for_run(place);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().code, Errc::parse);
  }
}

TEST_F(Ready, TheEndOfWhatItReadsIsTheEndOfIt) {
  std::filesystem::create_directories(place);
  ASSERT_TRUE(write_file(place + "/task", ""));
  const Waited told = wait_for_run(place);
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_FALSE(*told);
}

}  // namespace ready_attempt_test
}  // namespace melisai::serve
