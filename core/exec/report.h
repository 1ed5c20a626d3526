// What melisai-gate-exec writes to its caller: lines of JSON (README.md).
#pragma once

#include "core/exec/workload.h"

namespace melisai::exec {

/// Lets the caller clean up if we are killed. `cgroup`: "" or a path of printable characters
/// without quotes.
void report_started(int fd, pid_t pid, const char* cgroup);

/// Nothing but the zombie of the workload's first process is left.
void report_ended(int fd);

void report_outcome(int fd, const Outcome& outcome);

}  // namespace melisai::exec
