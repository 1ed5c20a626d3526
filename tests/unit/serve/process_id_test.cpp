#include "core/serve/process_id.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace melisai::serve {
namespace process_id_test {

Attempt attempt_of(pid_t pid) {
  Attempt attempt;
  attempt.pid = pid;
  attempt.boot_id = boot_id();
  attempt.start_time = start_time_of(pid);
  return attempt;
}

/// A child that waits to be killed.
class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  /// Its parent has not asked how it ended.
  void become_zombie() const {
    kill(pid_, SIGKILL);
    siginfo_t info;
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }

 private:
  pid_t pid_;
};

TEST(ProcessId, OursIsAlive) {
  EXPECT_EQ(boot_id().size(), 36u);
  EXPECT_GT(start_time_of(getpid()), 0);
  EXPECT_TRUE(is_alive(attempt_of(getpid())));
}

TEST(ProcessId, AChildStartedNoEarlierThanItsParent) {
  const Child child;
  EXPECT_GE(start_time_of(child.pid()), start_time_of(getpid()));
}

TEST(ProcessId, ANameWithParenthesesHidesNothing) {
  char before[16];
  ASSERT_EQ(prctl(PR_GET_NAME, before), 0);
  const std::int64_t started = start_time_of(getpid());
  ASSERT_EQ(prctl(PR_SET_NAME, "a) R (b) 7 8 9"), 0);
  EXPECT_EQ(start_time_of(getpid()), started);
  EXPECT_TRUE(is_alive(attempt_of(getpid())));
  prctl(PR_SET_NAME, before);
}

TEST(ProcessId, AStrangerWithItsNumberIsAnother) {
  Attempt later = attempt_of(getpid());
  ++later.start_time;
  EXPECT_FALSE(is_alive(later));
  Attempt other_boot = attempt_of(getpid());
  other_boot.boot_id = "another";
  EXPECT_FALSE(is_alive(other_boot));
}

TEST(ProcessId, OneThatNeverStartedIsNotAlive) {
  EXPECT_FALSE(is_alive({.boot_id = boot_id()}));
  EXPECT_TRUE(wait_for_end({.boot_id = boot_id()}, Milliseconds(0)));
}

TEST(ProcessId, ADeadOneHasNoStartTime) {
  Attempt attempt;
  {
    const Child child;
    attempt = attempt_of(child.pid());
    EXPECT_TRUE(is_alive(attempt));
  }
  EXPECT_EQ(start_time_of(attempt.pid), 0);
  EXPECT_FALSE(is_alive(attempt));
}

TEST(ProcessId, AZombieHasEnded) {
  const Child child;
  const Attempt attempt = attempt_of(child.pid());
  child.become_zombie();
  EXPECT_FALSE(is_alive(attempt));
}

TEST(ProcessId, WhatOutlivesThePatienceIsKilled) {
  const Child child;
  const Attempt attempt = attempt_of(child.pid());
  EXPECT_TRUE(wait_for_end(attempt, Milliseconds(0)));
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOHANG | WNOWAIT), 0);
  EXPECT_EQ(info.si_status, SIGKILL);
}

}  // namespace process_id_test
}  // namespace melisai::serve
