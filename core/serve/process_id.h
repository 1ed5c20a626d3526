// Which process an attempt is, so that a restarted daemon never takes a stranger with the same
// number for it, and the end of what an earlier daemon left behind.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/units.h"
#include "core/model/pipeline_run.h"

namespace melisai::serve {

/// Of this boot: /proc/sys/kernel/random/boot_id; "" when it cannot be read.
std::string boot_id();

/// /proc/<pid>/stat, field 22, ticks since boot; 0 when there is no such process.
std::int64_t start_time_of(std::int64_t pid);

/// Whether the attempt's first process, started under this boot, still runs; a zombie does not.
bool is_alive(const Attempt& attempt);

/// Waits until nothing of it is left: its runner ends everything by itself when the daemon has
/// died. After `patience` it is killed. False when something survives that too.
bool wait_for_end(const Attempt& attempt, Milliseconds patience);

}  // namespace melisai::serve
