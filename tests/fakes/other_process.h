// A process of its own for tests: does something, and then lives until it is killed.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "core/base/fd.h"
#include "core/base/machine_lock.h"

namespace melisai {

class OtherProcess {
 public:
  /// Returns when `first` has been done there.
  explicit OtherProcess(const std::function<void()>& first) {
    Result<Pipe> ready = Pipe::make();
    pid_ = fork();
    if (pid_ == 0) {
      first();
      [[maybe_unused]] const ssize_t said = write(ready->write_end.get(), "r", 1);
      while (true) pause();
    }
    ready->write_end.reset();
    char byte = 0;
    [[maybe_unused]] const ssize_t heard = read(ready->read_end.get(), &byte, 1);
  }
  ~OtherProcess() { end(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

/// As if another gate timed something.
inline void claim_for_ever(const std::string& machine_lock) {
  static Result<MachineLock> lock = MachineLock::open(machine_lock);
  if (!lock || !lock->try_claim()) _exit(1);
}

}  // namespace melisai
