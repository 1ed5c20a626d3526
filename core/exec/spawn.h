// Starts the workload: clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD) on a stack of its own, so that
// the child copies nothing of ours, and the exact reason of a failure comes back through shared
// memory; born in its cgroup where the kernel can do that (clone_into.h).
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>

#include "core/exec/limits.h"

namespace melisai::exec {

struct Spawned {
  pid_t pid = -1;
  int pidfd = -1;
  const char* failed_stage = nullptr;  // null: the workload runs
  int error = 0;                       // errno of the failed stage
  bool joined_cgroup = false;
  std::int64_t started_ns =
      0;            // the moment before execve: setting up is not part of the workload's time
  rusage before{};  // what the child had cost until then
  char schedstat_before[64] = "";  // its /proc/self/schedstat then
  int bytes_read = 0;              // through read(2) until then
  int bytes_written = 0;
};

struct SpawnRequest {
  const char* path = nullptr;  // for execve, relative to cwd
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* cwd = "";
  int stdin_fd = -1;  // all three above 2
  int stdout_fd = -1;
  int stderr_fd = -1;
  int cgroup_fd = -1;  // its directory; -1: no cgroup; one that cannot be joined is no failure
  int cgroup_procs_fd = -1;   // for a child that cannot be born in it
  Limits* limits = nullptr;   // null: none
  int inside_report_fd = -1;  // not -1: what the half of us in the sandbox gets (inside.h)
  int inside_environment_fd = -1;
  const cpu_set_t* cpus = nullptr;  // null: inherited
  /// Called in the child, set up, just before execve, unless it is held: so that whoever is told of
  /// it hears of every workload, even of one that kills us at once. Returns the bytes that it
  /// wrote. Only async-signal-safe calls, and little stack.
  int (*about_to_begin)(void* context, pid_t pid, bool joined_cgroup) = nullptr;
  /// Set: called while the child waits, set up, just before execve. False: it is killed there.
  bool (*may_begin)(void* context, const Spawned& child) = nullptr;
  void* context = nullptr;
};

/// A child that is killed before execve is no failure but a workload that ended at once.
Spawned spawn(const SpawnRequest& request);

/// Finds `name` in PATH of our environment as execvp(3) would, seen from `cwd`, into `path`. A name
/// with a slash is taken as it is. Returns 0, or ENOENT, EACCES (there, but not executable) or
/// ENAMETOOLONG.
struct ProgramPath {
  char text[4096];
};
int find_program(const char* name, const char* cwd, ProgramPath& path);

}  // namespace melisai::exec
