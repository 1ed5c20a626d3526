#include "core/supervise/asio_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

namespace melisai::supervise {
namespace asio_scheduler_test {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Real timers of at most a few milliseconds: the loop waits for them, no test does.
class AsioSchedulerTest : public testing::Test {
 protected:
  std::function<void()> note(int what) {
    return [this, what] { called.push_back(what); };
  }

  boost::asio::io_context loop;
  SystemClock clock;
  std::optional<AsioScheduler> scheduler{std::in_place, loop, clock};
  std::vector<int> called;
};

TEST_F(AsioSchedulerTest, CallsInTheOrderOfTimeAndNeverEarly) {
  const Time due = scheduler->now() + 3ms;
  scheduler->call_at(due, note(3));
  scheduler->call_at(due - 2ms, note(1));
  scheduler->call_at(scheduler->now() - 1h, note(0));
  EXPECT_THAT(called, IsEmpty());
  loop.run();
  EXPECT_THAT(called, ElementsAre(0, 1, 3));
  EXPECT_GE(scheduler->now(), due);
}

TEST_F(AsioSchedulerTest, DoesNotCallWhatWasCancelled) {
  const Scheduler::TimerId id = scheduler->call_at(scheduler->now() + 1h, note(1));
  scheduler->cancel(id);
  scheduler->cancel(id);
  loop.run();
  EXPECT_THAT(called, IsEmpty());
}

TEST_F(AsioSchedulerTest, DoesNotCallWhatIsCancelledByAnotherThatWasDueAtTheSameTime) {
  Scheduler::TimerId second = 0;
  scheduler->call_at(scheduler->now(), [&] { scheduler->cancel(second); });
  second = scheduler->call_at(scheduler->now(), note(2));
  loop.run();
  EXPECT_THAT(called, IsEmpty());
}

TEST_F(AsioSchedulerTest, CallsNothingAfterItsEndAlsoNotWhatLiesInTheQueue) {
  scheduler->call_at(scheduler->now(), [this] { scheduler.reset(); });
  scheduler->call_at(scheduler->now(), note(2));
  loop.run();
  EXPECT_THAT(called, IsEmpty());
}

TEST_F(AsioSchedulerTest, TimerCancelsWhenItIsReplacedOrGone) {
  {
    Timer timer(*scheduler, scheduler->now() + 1h, note(1));
    timer = Timer(*scheduler, scheduler->now() + 1h, note(2));
  }
  Timer kept(*scheduler, scheduler->now(), note(3));
  Timer moved = std::move(kept);
  loop.run();
  EXPECT_THAT(called, ElementsAre(3));
}

}  // namespace asio_scheduler_test
}  // namespace melisai::supervise
