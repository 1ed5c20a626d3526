// Preflight: is the machine quiet before something is timed? Looks for a second at a time at what
// all processes use while we do nothing, by the levels from which on a pair counts as disturbed.
#pragma once

#include <functional>
#include <string>

#include "core/base/units.h"
#include "core/collect/collect.h"
#include "core/step.h"
#include "core/world.h"

namespace melisai {

/// Counters since the machine started, from PROC_ROOT/stat and PROC_ROOT/pressure.
struct HostCounters {
  double busy_cpu_seconds = 0;
  double stolen_cpu_seconds = 0;
  double all_cpu_seconds = 0;  ///< idle ones too
  double memory_stall_seconds = 0;
  double io_stall_seconds = 0;
};
/// What cannot be read is 0, and then nobody is said to disturb.
HostCounters read_host_counters(const std::string& proc_root = "/proc");

/// Why nothing should be timed now, as of the time between two readings; "" when it is quiet.
std::string disturbance_between(const HostCounters& before, const HostCounters& after,
                                double seconds, const CollectOptions& levels);

/// Waits until the machine was quiet for a second, at most `wait`; then "", else what still
/// disturbs. Tells once that it waits. Stops: interrupted.
Step<std::string> wait_for_quiet(Milliseconds wait, const CollectOptions& levels,
                                 const World& world, const std::function<HostCounters()>& read);

}  // namespace melisai
