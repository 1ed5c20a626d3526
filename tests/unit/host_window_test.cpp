#include "core/host_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "core/base/clock.h"
#include "tests/fakes/no_more_threads.h"

namespace melisai {
namespace host_window_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HostWindowTest : public ::testing::Test {
 protected:
  SystemClock clock_;
  CollectOptions options_;
  collect::Collectors nobody_{{}, options_, clock_};
  HostWindow window_{nobody_};
};

TEST_F(HostWindowTest, ThatNobodyCouldCloseIsAnErrorAndLeavesSignalsAsTheyWere) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  {
    const NoMoreThreads none;
    const Result<void> opened = window_.open(Milliseconds(1));
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("no thread can be started"));
  }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
  EXPECT_THAT(window_.results(), IsEmpty());
}

TEST_F(HostWindowTest, ClosesWhenItsTimeIsOver) {
  ASSERT_TRUE(window_.open(Milliseconds(1)));
  EXPECT_THAT(window_.results(), IsEmpty());
}

TEST_F(HostWindowTest, ThatIsGoneWaitsForNobody) {
  HostWindow window(nobody_);
  ASSERT_TRUE(window.open(std::chrono::hours(1)));
}

}  // namespace host_window_test
}  // namespace melisai
