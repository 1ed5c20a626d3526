// The guard: the process between a collector and a program that it runs. It starts the program,
// stores its output, keeps its time and clears up behind it. Forked and never executed, so that it
// makes async-signal-safe calls only: no memory, no locks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace melisai::plugins {

struct GuardRequest {
  int program = -1;  // what executes
  int script = -1;   // stays open for it; -1: none
  int output = -1;   // a file for its stdout
  /// A byte here interrupts the program, the end of the stream, as when the collector dies, kills
  /// it.
  int control = -1;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  std::int64_t deadline_ns = 0;  // CLOCK_MONOTONIC
  std::int64_t grace_ns = 0;
  std::size_t output_max = 0;
  char* tail = nullptr;  // shared memory for the end of stderr: a ring, byte i at i % tail_max
  std::size_t tail_max = 0;
};

/// In shared memory; whole once the guard has ended with `done`.
struct GuardReport {
  bool done = false;
  bool timed_out = false;
  bool interrupted = false;
  bool truncated = false;
  bool left_behind = false;            // processes that do not die: stuck in the kernel
  const char* failed_stage = nullptr;  // null: the program began
  int error = 0;                       // errno of the failed stage
  int status = 0;                      // as of waitpid(2)
  std::uint64_t tail_seen = 0;
};

std::int64_t guard_clock_ns();

/// In the child of fork(), with every signal blocked.
[[noreturn]] void guard_program(const GuardRequest& request, GuardReport& report);

/// How long clearing up may take after the program has ended or was killed.
constexpr std::int64_t kGuardClearNs = 2'000'000'000;

}  // namespace melisai::plugins
