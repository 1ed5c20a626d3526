// The table behind explain_slowdown(). Private to core/gate.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/gate/cause/cause.h"

namespace melisai::gate {

struct SignalRow {
  Signal signal;
  std::string_view name;
  std::string_view unit;
  std::string_view words;  ///< for people, in a sentence: "page faults"
  double growth_min;       ///< per run, below which it says nothing
  bool exact;              ///< the same in equal runs, so that one run a side is enough
};
const SignalRow& row_of(Signal signal);

/// How growth of a signal becomes time.
enum class Account {
  wait,        ///< measured time in which nobody ran, beyond what a longer run explains
  peer_wait,   ///< the same, until another thread or process of the tree may have done its work
  queue,       ///< the same, beyond what more CPU time explains
  cpu,         ///< measured time on the CPU
  wait_count,  ///< so many, each of a typical cost, waiting
  cpu_count,   ///< ..., on the CPU
  count,       ///< ..., both
};

struct CauseRow {
  Cause cause;
  Signal signal;
  Account account;
  double cost_ns;  ///< of one; for measured times 1
  std::string_view advice;
};
/// Causes that bring others with them come first: a process that is started also faults pages and
/// makes system calls.
std::span<const CauseRow> cause_rows();

/// Signals that account for nothing alone, and are shown where they grew with this cause.
std::span<const Signal> companions_of(Cause cause);

inline constexpr double kProcessNs = 10e6;   ///< of a program that is started: an interpreter
inline constexpr double kFutexWaitNs = 5e3;  ///< what one costs at least: two context switches

std::string_view advice_without_signal(Cause cause);  ///< of cpu_work and cpu_efficiency

}  // namespace melisai::gate
