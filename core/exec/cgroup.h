// A cgroup v2 of its own for one workload: who is born in it is found and killed, whatever it does
// with sessions and process groups. Needs no controller. Where it cannot be made, the caller goes
// on without.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/exec/cgroup_place.h"
#include "core/exec/pid_list.h"

namespace melisai::exec {

class Cgroup {
 public:
  Cgroup() = default;
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  /// Makes a child of our own cgroup, with pressure accounting off. False where that is not
  /// possible, for any reason.
  bool create(const char* name);
  /// The same at the nearest place, ours or above, where this controller can limit it.
  bool create_with(const char* controller, const char* name);

  const char* path() const { return path_; }  // "" unless it exists; printable ASCII
  int fd() const { return fd_; }              // of the directory; -1 unless it exists
  int procs_fd() const {
    return procs_fd_;
  }                               // writing "0" moves the writer in; -1 unless it exists
  int count(pid_t except) const;  // processes in it; the kernel leaves zombies out
  void list(PidList& pids) const;
  void kill_all() const;  // SIGKILL for everything in it and below
  /// Removes it with everything below; waits until `deadline_ns` (CLOCK_MONOTONIC) for the kernel
  /// to let go.
  void remove(std::int64_t deadline_ns);

 private:
  bool create_in(const char* parent, const char* name);

  char path_[kCgroupPathMax] = "";
  int fd_ = -1;
  int procs_fd_ = -1;
};

}  // namespace melisai::exec
