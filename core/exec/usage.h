// What the workload cost: the counters that wait4(2) gives, and those that only /proc has.
#pragma once

#include <cstdint>

#include "core/exec/spawn.h"

namespace melisai::exec {

constexpr std::int64_t kUnknown = -1;

struct Usage {
  std::int64_t wall_time_ns = 0;
  std::int64_t cpu_time_ns = 0;
  std::int64_t peak_rss_bytes = 0;
  std::int64_t minor_faults = 0;
  std::int64_t major_faults = 0;
  std::int64_t voluntary_switches = 0;
  std::int64_t involuntary_switches = 0;
  std::int64_t rchar_bytes = kUnknown;
  std::int64_t wchar_bytes = kUnknown;
  std::int64_t read_bytes = kUnknown;
  std::int64_t write_bytes = kUnknown;
  std::int64_t run_delay_ns = kUnknown;
  std::int64_t tasks_max = kUnknown;
};

/// Opens what reap() reads of ourselves, as long as we may: after PR_SET_DUMPABLE it is root's.
void keep_own_io();

/// Waits for the zombie of `leader` and fills everything but wall time and tasks, less what setting
/// up had cost. Returns the status of waitpid(2).
int reap(const Spawned& leader, Usage& usage);

}  // namespace melisai::exec
