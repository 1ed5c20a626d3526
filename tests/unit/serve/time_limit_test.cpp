#include "core/serve/time_limit.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "tests/fakes/no_more_threads.h"

namespace melisai::serve {
namespace time_limit_test {

using ::testing::HasSubstr;

TEST(TimeLimit, EndsThisProcessInOrder) {
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &term, &before);
  {
    TimeLimit limit;
    ASSERT_TRUE(limit.start(std::chrono::nanoseconds(1)));
    const timespec patience{.tv_sec = 20, .tv_nsec = 0};
    EXPECT_EQ(sigtimedwait(&term, nullptr, &patience), SIGTERM);
    EXPECT_TRUE(limit.over());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(TimeLimit, ThatIsGoneEndsNothing) {
  TimeLimit limit;
  ASSERT_TRUE(limit.start(std::chrono::hours(1)));
  EXPECT_FALSE(limit.over());
}

TEST(TimeLimit, ThatNobodyCouldKeepIsAnError) {
  const NoMoreThreads none;
  TimeLimit limit;
  const Result<void> started = limit.start(std::chrono::hours(1));
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("no thread can be started"));
}

}  // namespace time_limit_test
}  // namespace melisai::serve
