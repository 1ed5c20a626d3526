#include "core/base/interrupt.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace melisai {
namespace {

bool is_readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, 0) == 1;
}

TEST(Interrupt, IsRequestedByHand) {
  Interrupt one;
  const Interrupt other;
  one.request();
  EXPECT_TRUE(one.requested());
  EXPECT_TRUE(is_readable(one.fd()));
  EXPECT_FALSE(other.requested());
}

TEST(SignalInterrupt, BecomesReadableWithTheFirstSignalAndStaysSo) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const SignalInterrupt interrupt;
    EXPECT_FALSE(interrupt.requested());
    EXPECT_FALSE(is_readable(interrupt.fd()));
    raise(number);
    EXPECT_TRUE(interrupt.requested());
    raise(number);
    EXPECT_TRUE(interrupt.requested());
    EXPECT_TRUE(is_readable(interrupt.fd()));
  }
}

TEST(SignalInterrupt, PutsTheOldHandlersBack) {
  static volatile sig_atomic_t caught = 0;
  signal(SIGTERM, [](int) { caught = 1; });
  { const SignalInterrupt interrupt; }
  raise(SIGTERM);
  EXPECT_EQ(caught, 1);
  signal(SIGTERM, SIG_DFL);
}

TEST(SignalInterrupt, MakesABrokenPipeAnError) {
  const SignalInterrupt interrupt;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  close(ends[1]);
}

TEST(SignalInterrupt, InterruptsABlockedCall) {
  const SignalInterrupt interrupt;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const timer_t no_timer{};
  timer_t timer = no_timer;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGTERM;
  ASSERT_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  const itimerspec soon{{0, 10'000'000}, {0, 10'000'000}};
  ASSERT_EQ(timer_settime(timer, 0, &soon, nullptr), 0);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), -1);  // would block for ever with SA_RESTART
  EXPECT_EQ(errno, EINTR);
  timer_delete(timer);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace melisai
