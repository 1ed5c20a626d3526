// The process that traces the root of a tree, to stop it for a moment when it ends and read what is
// gone once it is a zombie. A process of its own, because a tracer has to sleep in waitpid() and
// can be ended at any time this way: the kernel then lets the root go on as if nobody had traced
// it. Forked and never executed. It never holds the root for longer than kStopSecondsMax.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

namespace melisai::plugins {

constexpr unsigned kStopSecondsMax = 5;  // of one stop; then the tracer ends, and the root goes on
constexpr int kSignalsMax = 1000;        // that the root gets: each stops it for a moment
constexpr int kStepsMax = 2000;          // two of each system call of a program that may execute
constexpr std::int64_t kSharesResidentMax = 1 << 20;  // KiB; the stop takes 18 ms for so much

enum class WatchEnd {
  cut_short,        // the tracer was ended, or took too long
  seen,             // the numbers are there
  gone,             // there was no root any more
  refused,          // ptrace: `error`
  unseen,           // the root ended without stopping, or before it executed its program
  first_thread,     // the root went on without it
  traces_itself,    // `program` may want to; the root was let go before it could
  sandbox,          // bubblewrap, which only waits for the program
  changes_rights,   // executes a file that gives others; let go before
  rights_withheld,  // has executed one, and got none
  other_machine,    // makes system calls of another kind of machine
  many_calls,       // of a shell or its like, while each has to be looked at
  many_signals,
};

/// In shared memory; whole once the tracer has ended. -1: not known. Memory in KiB.
struct ExitReport {
  WatchEnd end = WatchEnd::cut_short;
  int error = 0;
  std::int64_t address_peak = -1;   // VmPeak
  std::int64_t resident_peak = -1;  // VmHWM
  std::int64_t anonymous = -1;      // RssAnon
  std::int64_t proportional = -1;   // Pss
  bool too_large_for_shares = false;
  bool had_children = false;        // that it waited for
  std::array<char, 256> program{};  // that it ran last, cut off
};

struct TraceRequest {
  pid_t root = -1;
  /// A file that gives other rights would give the root none, because we lack CAP_SYS_PTRACE: look
  /// at what it executes before it does.
  bool guarded = false;
  int line = -1;  // a byte is written here once the root is traced; closed at the end
};

/// In the child of fork().
[[noreturn]] void trace_exit(const TraceRequest& request, pid_t parent, ExitReport& report);

}  // namespace melisai::plugins
