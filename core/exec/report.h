// What melisai-gate-exec writes to its caller: lines of JSON (README.md).
#pragma once

#include "core/exec/workload.h"

namespace melisai::exec {

/// Paths of printable characters without quotes, "" for one that there is not.
struct CgroupPaths {
  const char* own = "";
  const char* memory = "";
  const char* cpu = "";
  const char* processes = "";
};

/// Lets the caller clean up if we are killed. Once; also in the child, before execve. Returns the
/// bytes written.
int report_started(int fd, pid_t pid, const CgroupPaths& cgroups);

/// Nothing but the zombie of the workload's first process is left.
void report_ended(int fd);

void report_outcome(int fd, const Outcome& outcome);

}  // namespace melisai::exec
