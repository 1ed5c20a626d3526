#include "core/serve/trigger_program.h"

#include <fcntl.h>
#include <poll.h>

#include "core/base/fd.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace trigger_program_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

/// Writes its lines where a trigger's program does.
class Printer final : public ProcessRunner {
 public:
  Printer(std::string text, bool stays, const Interrupt& interrupt)
      : text_(std::move(text)), stays_(stays), interrupt_(interrupt) {}

  Result<Exit> run(const Command&) override { return Exit{}; }
  Result<Exit> run_observed(const Command& command, RunObserver& observer) override {
    observer.before_exec({.root_pid = 4242, .cgroup = ""});
    const Fd fifo(open(command.argv.at(4).c_str(), O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(write(fifo.get(), text_.data(), text_.size()), static_cast<ssize_t>(text_.size()));
    pollfd asked{.fd = interrupt_.fd(), .events = POLLIN, .revents = 0};
    if (stays_) poll(&asked, 1, -1);
    return Exit{.code = stays_ ? 0 : 3};
  }

 private:
  std::string text_;
  bool stays_;
  const Interrupt& interrupt_;
};

constexpr const char* kLine = "{\"pipeline\":\"nightly\"}";

class TriggerProgramTest : public WithLoop {
 protected:
  ~TriggerProgramTest() override { stop(); }

  /// The program prints that, and stays until it is stopped.
  void start(const std::string& text, bool stays = true) {
    world.make_runner = [text, stays](const Interrupt& ours) {
      return std::make_unique<Printer>(text, stays, ours);
    };
    program.start([](const Result<void>& started) { EXPECT_TRUE(started); });
  }
  void stop() {
    bool stopped = false;
    program.stop([&](const Result<void>&) { stopped = true; });
    turn_until([&] { return stopped; });
  }
  void turn_until_state(const std::string& state) {
    turn_until([&] { return program.view().state == state; });
  }
  std::vector<store::OpenEvent> events() { return queue.open_events().value(); }
  std::vector<supervise::Issue> issues() {
    std::vector<supervise::Issue> found;
    program.check([&](const Result<std::vector<supervise::Issue>>& issues) { found = *issues; });
    return found;
  }

  int accepted = 0;
  CustomTrigger trigger{.name = "inbox",
                        .argv = {"watch", "-a"},
                        .project = "demo",
                        .pipelines = {"nightly"},
                        .commits = true};
  TriggerProgram program{context, trigger, [this] { ++accepted; }};
};

TEST_F(TriggerProgramTest, EachLineIsAnEvent) {
  start(std::string(kLine) + "\n" + kLine + "\n");
  turn_until([&] { return accepted == 2; });
  ASSERT_THAT(events(), SizeIs(2));
  EXPECT_EQ(events()[0].event.pipeline, "nightly");
  EXPECT_EQ(events()[0].event.kind, RunEvent::Kind::custom);
  EXPECT_EQ(program.view().state, "running");
  EXPECT_EQ(program.view().accepted, 2u);
}

TEST_F(TriggerProgramTest, AnIdCountsOnce) {
  start("{\"pipeline\":\"nightly\",\"id\":\"1\"}\n{\"pipeline\":\"nightly\",\"id\":\"1\"}\n");
  turn_until([&] { return program.view().duplicates == 1; });
  EXPECT_THAT(events(), SizeIs(1));
  EXPECT_EQ(accepted, 1);
}

TEST_F(TriggerProgramTest, AWrongLineIsCountedAndTheNextOneIsRead) {
  start("nonsense\n{\"pipeline\":\"deploy\"}\n" + std::string(kLine) + "\n");
  turn_until([&] { return accepted == 1; });
  EXPECT_EQ(program.view().refused, 2u);
  EXPECT_THAT(events(), SizeIs(1));
}

TEST_F(TriggerProgramTest, ACommitIsAPushFromWhereTheBranchWas) {
  ASSERT_TRUE(queue.note_refs("demo", {{"refs/heads/main", kShaA}}, kNow));
  start("{\"ref\":\"main\",\"sha\":\"" + kShaB + "\"}\n");
  turn_until([&] { return accepted == 1; });
  EXPECT_EQ(events().at(0).event.kind, RunEvent::Kind::push);
  EXPECT_EQ(events().at(0).event.before, kShaA);
  EXPECT_EQ(queue.refs("demo").value().at(0).sha, kShaB) << "the poller has nothing new to see";
}

TEST_F(TriggerProgramTest, WhatItSaidLastCountsAlsoWithoutANewline) {
  trigger.restart = false;
  start(kLine, false);
  turn_until_state("ended");
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(program.view().problem, "exit code 3");
  ASSERT_THAT(issues(), SizeIs(1));
  EXPECT_THAT(issues()[0].message, HasSubstr("trigger inbox has ended: exit code 3"));
}

TEST_F(TriggerProgramTest, AProgramThatEndsIsStartedAgainLater) {
  start("", false);
  turn_until_state("waiting");
  EXPECT_EQ(program.view().starts, 1);
  EXPECT_THAT(issues(), IsEmpty()) << "once is nothing";
}

TEST_F(TriggerProgramTest, StopEndsItAndKeepsWhatItSaid) {
  start(std::string(kLine) + "\n");
  stop();
  EXPECT_EQ(program.view().state, "stopped");
  EXPECT_EQ(accepted, 1);
}

TEST_F(TriggerProgramTest, WaitsWhileTooManyOfItsEventsAreNotPlanned) {
  RunEvent event = push_of("demo", "");
  event.kind = RunEvent::Kind::custom;
  event.cause = "trigger inbox";
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(queue.accept(event));
  start(std::string(kLine) + "\n");
  turn_until([&] { return !issues().empty(); });
  EXPECT_THAT(issues()[0].message, HasSubstr("the queue takes no more"));
  stop();
  EXPECT_THAT(events(), SizeIs(101)) << "at the end what would wait would be lost";
}

TEST_F(TriggerProgramTest, EventsThatArePostponedHoldNothingUp) {
  RunEvent event = push_of("demo", "");
  event.kind = RunEvent::Kind::custom;
  event.cause = "trigger inbox";
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(queue.postpone(queue.accept(event)->event, "no such commit", clock.now() + 1h));
  start(std::string(kLine) + "\n");
  turn_until([&] { return accepted == 1; });
}

TEST_F(TriggerProgramTest, ACommitWaitsForTheFirstSightOfItsRepository) {
  start("{\"ref\":\"main\",\"sha\":\"" + kShaB + "\"}\n");
  turn_until([&] { return !issues().empty(); });
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(TriggerProgramTest, ALineWithoutAnEndEndsTheProgram) {
  trigger.restart = false;
  start(std::string((64 << 10) - 1, ' ') + "  ");
  turn_until_state("ended");
  EXPECT_EQ(program.view().refused, 1u);
}

TEST(TriggerRestart, DelaysGrowToFiveMinutes) {
  EXPECT_EQ(restart_delay(1), 1s);
  EXPECT_EQ(restart_delay(2), 2s);
  EXPECT_EQ(restart_delay(5), 16s);
  EXPECT_EQ(restart_delay(9), 256s);
  EXPECT_EQ(restart_delay(10), 300s);
  EXPECT_EQ(restart_delay(1'000'000), 300s);
}

}  // namespace trigger_program_test
}  // namespace melisai::serve
