// Processes that are to be signalled together. Found before the first of them is signalled: what
// one of them then starts to tidy up is not among them.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

namespace melisai::exec {

class PidList {
 public:
  static constexpr int kMax = 16'384;  ///< what comes after them is not listed

  /// 0 stands for a process outside our pid namespace; it is left out.
  void add(pid_t pid) {
    if (pid > 0 && count_ < kMax) pids_[count_++] = pid;
  }
  /// Signals all outside the process group `except_group`.
  void signal(int number, pid_t except_group) const {
    for (int i = 0; i < count_; ++i) {
      if (getpgid(pids_[i]) != except_group) kill(pids_[i], number);
    }
  }

 private:
  pid_t pids_[kMax];
  int count_ = 0;
};

}  // namespace melisai::exec
