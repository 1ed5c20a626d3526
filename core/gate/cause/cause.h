// Which kind of cause a slowdown has, from numbers that were counted on both sides. Pure: a table
// of what each cause makes grow and what that costs, and the part of the slowdown that it accounts
// for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/evidence.h"

namespace melisai::gate {

/// What can be known of a run. Times are nanoseconds, summed over all threads of the tree.
enum class Signal {
  wall_time,
  cpu_time,
  instructions,
  run_queue_wait,  ///< ready to run, without a CPU
  futex_wait,      ///< off the CPU in futex calls
  file_wait,       ///< off the CPU in file systems and block devices
  network_wait,    ///< off the CPU in sockets
  child_wait,      ///< off the CPU until a child ends
  sleep_wait,      ///< off the CPU because it wanted to
  allocator_time,  ///< on the CPU in malloc and its kin
  fault_time,      ///< on the CPU in page faults
  futex_time,      ///< on the CPU in calls of futex: waking others, and falling asleep
  system_time,     ///< on the CPU in all other system calls
  process_time,    ///< ..., that start, end and wait for processes
  new_code_time,   ///< on the CPU in functions of the program that the other side never ran
  minor_faults,
  major_faults,
  allocations,
  allocated_bytes,
  system_calls,
  read_bytes,  ///< asked for with read and its kin, from the page cache too
  written_bytes,
  block_reads,  ///< requests that reached a device
  fsyncs,
  futex_waits,
  voluntary_switches,
  involuntary_switches,
  migrations,
  connects,
  retransmits,
  forks,
  execs,
  cache_misses,   ///< of the CPU's last level, outside the kernel; where it has counters
  branch_misses,  ///< mispredicted, likewise
};

/// One number a run of each side, finite. A side that is empty was not measured.
struct Observed {
  std::vector<double> base, head;
  /// Of waits: how long the same runs took, in the same order; wall time, or CPU time for
  /// run_queue_wait. Empty: not known, and the means of wall_time and cpu_time have to do.
  std::vector<double> base_time{}, head_time{};
  /// What one sample stands for, of what is known by sampling; 0: all was seen.
  double sample = 0, head_sample = 0;
};

struct CauseInput {
  std::string benchmark;
  /// Whether CPU time regressed, not wall time: then waiting explains nothing.
  bool of_cpu_time = false;
  /// wall_time and cpu_time should be those of the timed pairs, because collectors cost time.
  std::map<Signal, Observed> signals;
  std::map<std::string, Observed> calls;  ///< how many, by name of the system call
  std::vector<EvidenceFunction> on_cpu;  ///< largest growth first; with libraries blamed on callers
  std::vector<EvidenceFunction> off_cpu;
};

/// The class, the numbers that speak for it, the sentence, functions and advice; files are left to
/// the caller. Cause::not_known where nothing accounts for a third of the slowdown.
Evidence explain_slowdown(const CauseInput& input);

/// Likewise where it is no time that regressed but a count or an amount: that names the cause
/// itself. Cause::not_known for what nobody knows.
struct CountedGrowth {
  std::string benchmark;
  std::string metric;  ///< "minor_faults"
  std::string unit;
  double base = 0;  ///< medians of the timed pairs
  double head = 0;
};
Cause cause_of_count(std::string_view metric);
std::string growth_text(const CountedGrowth& growth);  ///< "minor faults 120 → 280 per run"
Evidence explain_count(const CountedGrowth& growth, const std::vector<EvidenceFunction>& on_cpu);

std::string_view to_string(Signal signal);  ///< "futex_wait"
std::string_view unit_of(Signal signal);    ///< "ns", "B", "count"

}  // namespace melisai::gate
