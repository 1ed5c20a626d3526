// The processes below us, by /proc/<pid>/task/<tid>/children. We are their subreaper, so that a
// daemon that left its parents becomes our child and is found here too.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/exec/pid_list.h"

namespace melisai::exec {

/// Descendants that are alive, `except` and zombies left out.
int count_descendants(pid_t except);

void list_descendants(PidList& pids);

/// Most threads of one descendant at this moment; 0 when there is none.
int most_threads();

/// Reaps the daemons that have ended, as init would; never `except`.
void reap_orphans(pid_t except);

/// Kills and reaps every descendant but our child `zombie`, which has ended. False as below.
bool kill_all_but(pid_t zombie, std::int64_t deadline_ns);

/// Kills and reaps every descendant. False when some are left at `deadline_ns` (CLOCK_MONOTONIC):
/// stuck in the kernel.
bool kill_descendants(std::int64_t deadline_ns);

}  // namespace melisai::exec
