// A child that is born in a cgroup. One that moves there when it has begun waits for all CPUs to
// have passed through the scheduler (10 to 30 ms), because the kernel first has to be sure that
// nobody else forks or ends meanwhile.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace melisai::exec {

struct BornInto {
  int cgroup_fd = -1;  ///< its directory
  unsigned long long flags = 0;
  void* stack = nullptr;  ///< its lowest byte
  std::size_t stack_bytes = 0;
  int* pidfd = nullptr;  ///< set with CLONE_PIDFD
};

/// As clone(2), with SIGCHLD at its end: the child runs `run(argument)`, which must not return.
/// Returns its pid, or -1 with errno where this kernel (before 5.7), its rights, a seccomp filter
/// or this architecture do not allow it.
pid_t clone_into(const BornInto& born, int (*run)(void*), void* argument);

}  // namespace melisai::exec
