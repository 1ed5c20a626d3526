#include "core/serve/attempt_process.h"

#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <optional>

#include "tests/fakes/fake_process_runner.h"
#include "tests/fakes/no_more_threads.h"

namespace melisai::serve {
namespace attempt_process_test {

using ::testing::HasSubstr;

class AttemptProcessTest : public ::testing::Test {
 protected:
  AttemptProcess::Calls calls() {
    return {.started = [this](const ProcessTree&) { ++started; },
            .ended = [this](const Result<Exit>& exit) { ended = exit; }};
  }
  boost::asio::io_context loop{1};
  MakeRunner make_runner = [](const Interrupt&) { return std::make_unique<FakeProcessRunner>(); };
  int started = 0;
  std::optional<Result<Exit>> ended;
};

TEST_F(AttemptProcessTest, IsHeldUntilTheLoopHasNotedIt) {
  const AttemptProcess process(loop, make_runner, {}, calls());
  const auto work = boost::asio::make_work_guard(loop);
  while (!ended && loop.run_one_for(std::chrono::seconds(20)) > 0) continue;
  EXPECT_EQ(started, 1);
  ASSERT_TRUE(ended && *ended);
}

TEST_F(AttemptProcessTest, ThatCannotBeWatchedHasEndedByAFaultOfOurs) {
  const NoMoreThreads none;
  const AttemptProcess process(loop, make_runner, {}, calls());
  EXPECT_FALSE(ended) << "its owner does not have it yet";
  loop.run();
  ASSERT_TRUE(ended);
  ASSERT_FALSE(*ended);
  EXPECT_EQ(ended->error().code, Errc::process);
  EXPECT_THAT(ended->error().message, HasSubstr("no thread can be started"));
  EXPECT_EQ(started, 0);
}

TEST_F(AttemptProcessTest, ThatIsGoneTellsNothingMore) {
  { const AttemptProcess process(loop, make_runner, {}, calls()); }
  loop.run();
  EXPECT_EQ(started, 0);
  EXPECT_FALSE(ended);
}

}  // namespace attempt_process_test
}  // namespace melisai::serve
