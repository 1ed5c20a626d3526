// What melisai-gate-exec writes to its caller: two lines of JSON (README.md).
#pragma once

#include "core/exec/workload.h"

namespace melisai::exec {

/// Lets the caller clean up if we are killed. `cgroup`: "" or a path of printable characters
/// without quotes.
void report_started(int fd, pid_t pid, const char* cgroup);

void report_outcome(int fd, const Outcome& outcome);

}  // namespace melisai::exec
