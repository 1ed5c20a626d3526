#include "core/gate/cause/cause_rules.h"

#include <algorithm>
#include <array>

#include "core/base/result.h"

namespace melisai::gate {
namespace {

constexpr double kUs = 1e3;
constexpr double kMs = 1e6;
constexpr double kTimeMin = 50 * kUs;  // less is a hiccup of any machine

// signal, name, unit, words, growth_min, exact
constexpr std::array<SignalRow, 34> kSignals{{
    {Signal::wall_time, "wall_time", "ns", "wall time", kTimeMin, false},
    {Signal::cpu_time, "cpu_time", "ns", "CPU time", kTimeMin, false},
    {Signal::instructions, "instructions", "count", "instructions", 1000, true},
    {Signal::run_queue_wait, "run_queue_wait", "ns", "wait for a CPU", kTimeMin, false},
    {Signal::futex_wait, "futex_wait", "ns", "futex off-CPU", kTimeMin, false},
    {Signal::file_wait, "file_wait", "ns", "file I/O off-CPU", kTimeMin, false},
    {Signal::network_wait, "network_wait", "ns", "network off-CPU", kTimeMin, false},
    {Signal::child_wait, "child_wait", "ns", "wait for child processes", kTimeMin, false},
    {Signal::sleep_wait, "sleep_wait", "ns", "sleeping", kTimeMin, false},
    {Signal::allocator_time, "allocator_time", "ns", "time in the allocator", kTimeMin, false},
    {Signal::fault_time, "fault_time", "ns", "time in page faults", kTimeMin, false},
    {Signal::futex_time, "futex_time", "ns", "time in futex calls", kTimeMin, false},
    {Signal::system_time, "system_time", "ns", "time in system calls", kTimeMin, false},
    {Signal::process_time, "process_time", "ns", "time starting and ending processes", kTimeMin,
     false},
    {Signal::new_code_time, "new_code_time", "ns",
     "CPU time in functions that the other side never ran", kTimeMin, false},
    {Signal::minor_faults, "minor_faults", "count", "page faults", 16, true},
    {Signal::major_faults, "major_faults", "count", "page faults from disk", 2, false},
    {Signal::allocations, "allocations", "count", "allocations", 100, true},
    {Signal::allocated_bytes, "allocated_bytes", "B", "allocated memory", 65'536, true},
    {Signal::system_calls, "system_calls", "count", "calls", 50, true},
    {Signal::read_bytes, "read_bytes", "B", "bytes read", 65'536, true},
    {Signal::written_bytes, "written_bytes", "B", "bytes written", 65'536, true},
    {Signal::block_reads, "block_reads", "count", "reads from disk", 2, false},
    {Signal::fsyncs, "fsyncs", "count", "fsync calls", 1, true},
    {Signal::futex_waits, "futex_waits", "count", "futex waits", 20, false},
    {Signal::voluntary_switches, "voluntary_switches", "count", "voluntary switches", 50, false},
    {Signal::involuntary_switches, "involuntary_switches", "count", "involuntary switches", 50,
     false},
    {Signal::migrations, "migrations", "count", "migrations between CPUs", 50, false},
    {Signal::connects, "connects", "count", "connections", 1, true},
    {Signal::retransmits, "retransmits", "count", "retransmitted segments", 1, false},
    {Signal::forks, "forks", "count", "forks", 1, true},
    {Signal::execs, "execs", "count", "programs started", 1, true},
    {Signal::cache_misses, "cache_misses", "count", "cache misses", 10'000, false},
    {Signal::branch_misses, "branch_misses", "count", "mispredicted branches", 10'000, false},
}};

constexpr std::string_view kLockAdvice =
    "hold the lock for less time, move slow work out of it, or give each thread or key its own";
constexpr std::string_view kFileAdvice =
    "write and sync in larger batches, and keep what is read again in memory";
constexpr std::string_view kNetworkAdvice =
    "keep connections open, ask for more at a time, and look for a full backlog or lost packets";
constexpr std::string_view kQueueAdvice =
    "use no more runnable threads than there are CPUs, and give each more to do at a time";
constexpr std::string_view kMemoryAdvice =
    "touch less new memory: reuse buffers, reserve once, and do not give memory back in a loop";
constexpr std::string_view kAllocationAdvice =
    "allocate less often: reserve, reuse buffers, pass by reference, or use an arena";
constexpr std::string_view kCallAdvice =
    "make fewer, larger calls: a larger buffer, batched or vectored I/O, no call per item";
constexpr std::string_view kSleepAdvice =
    "wait for the event itself instead of a time, and look for retries, back-off and polling";
constexpr std::string_view kWorkAdvice =
    "look for work that is done again or needlessly: copies, searches, conversions, a better "
    "algorithm";
constexpr std::string_view kProcessAdvice =
    "start fewer processes: keep a worker running, or do the work in the process itself";

// Costs of one, lower than typical, so that what is found accounts for the time. Sources: system
// call 0.12 us (getppid) and up; posix_spawn 80 us, /bin/true in all 540 us, measured
// (tests/bench/README.md); page fault 0.5 us with 4 KiB to clear; malloc and free 40 ns; a context
// switch with cold caches 5 us; Linux's shortest retransmission timer 200 ms (TCP_RTO_MIN).
constexpr std::array<CauseRow, 27> kRows{{
    {Cause::subprocesses, Signal::child_wait, Account::peer_wait, 1, kProcessAdvice},
    {Cause::subprocesses, Signal::process_time, Account::cpu, 1, kProcessAdvice},
    {Cause::subprocesses, Signal::execs, Account::count, 450 * kUs, kProcessAdvice},
    {Cause::subprocesses, Signal::forks, Account::count, 60 * kUs, kProcessAdvice},
    {Cause::network, Signal::network_wait, Account::peer_wait, 1, kNetworkAdvice},
    {Cause::network, Signal::retransmits, Account::wait_count, 200 * kMs, kNetworkAdvice},
    {Cause::network, Signal::connects, Account::count, 30 * kUs, kNetworkAdvice},
    {Cause::file_io, Signal::file_wait, Account::wait, 1, kFileAdvice},
    {Cause::file_io, Signal::fsyncs, Account::wait_count, 300 * kUs, kFileAdvice},
    {Cause::file_io, Signal::block_reads, Account::wait_count, 80 * kUs, kFileAdvice},
    {Cause::file_io, Signal::read_bytes, Account::cpu_count, 0.15, kFileAdvice},
    {Cause::file_io, Signal::written_bytes, Account::cpu_count, 0.3, kFileAdvice},
    {Cause::scheduling, Signal::run_queue_wait, Account::queue, 1, kQueueAdvice},
    {Cause::scheduling, Signal::involuntary_switches, Account::wait_count, 5 * kUs, kQueueAdvice},
    {Cause::scheduling, Signal::migrations, Account::cpu_count, 5 * kUs, kQueueAdvice},
    {Cause::sleep, Signal::sleep_wait, Account::peer_wait, 1, kSleepAdvice},
    {Cause::lock_wait, Signal::futex_wait, Account::peer_wait, 1, kLockAdvice},
    {Cause::lock_wait, Signal::futex_time, Account::cpu, 1, kLockAdvice},
    {Cause::lock_wait, Signal::futex_waits, Account::wait_count, kFutexWaitNs, kLockAdvice},
    {Cause::memory, Signal::fault_time, Account::cpu, 1, kMemoryAdvice},
    {Cause::memory, Signal::minor_faults, Account::cpu_count, 500, kMemoryAdvice},
    {Cause::memory, Signal::major_faults, Account::wait_count, 80 * kUs, kMemoryAdvice},
    {Cause::allocation, Signal::allocator_time, Account::cpu, 1, kAllocationAdvice},
    {Cause::allocation, Signal::allocations, Account::cpu_count, 40, kAllocationAdvice},
    {Cause::system_calls, Signal::system_time, Account::cpu, 1, kCallAdvice},
    {Cause::system_calls, Signal::system_calls, Account::cpu_count, 200, kCallAdvice},
    {Cause::cpu_work, Signal::new_code_time, Account::cpu, 1, kWorkAdvice},
}};

}  // namespace

const SignalRow& row_of(Signal signal) {
  const auto row = std::find_if(kSignals.begin(), kSignals.end(),
                                [&](const SignalRow& each) { return each.signal == signal; });
  MELISAI_ASSERT(row != kSignals.end());
  return *row;
}

std::span<const CauseRow> cause_rows() { return kRows; }

std::span<const Signal> companions_of(Cause cause) {
  static constexpr std::array kOfEfficiency{Signal::cache_misses, Signal::branch_misses,
                                            Signal::migrations, Signal::involuntary_switches};
  static constexpr std::array kOfScheduling{Signal::involuntary_switches,
                                            Signal::voluntary_switches, Signal::migrations};
  static constexpr std::array kOfProcesses{Signal::execs, Signal::forks};
  static constexpr std::array kOfLocks{Signal::voluntary_switches, Signal::migrations};
  switch (cause) {
    case Cause::cpu_efficiency: return kOfEfficiency;
    case Cause::scheduling: return kOfScheduling;
    case Cause::lock_wait: return kOfLocks;
    case Cause::subprocesses: return kOfProcesses;
    default: return {};
  }
}

std::string_view advice_without_signal(Cause cause) {
  switch (cause) {
    case Cause::cpu_work: return kWorkAdvice;
    case Cause::cpu_efficiency:
      return "look for cache misses and false sharing: layout of data, order of access, variables "
             "that several threads write to; and compare compiler flags";
    default: return "";
  }
}

std::string_view to_string(Signal signal) { return row_of(signal).name; }
std::string_view unit_of(Signal signal) { return row_of(signal).unit; }

}  // namespace melisai::gate
