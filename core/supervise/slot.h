// Slot: one module under supervision, as the supervisor sees it. Private to supervisor*.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/supervise/health.h"
#include "core/supervise/lifecycle.h"
#include "core/supervise/module.h"
#include "core/supervise/supervisor.h"

namespace melisai::supervise {

struct Supervisor::Slot {
  Slot(std::size_t at, ModuleDescriptor described, Module& registered)
      : index(at),
        descriptor(std::move(described)),
        module(registered),
        health(descriptor.unhealthy_after) {}

  std::size_t index;  // in slots_ and in the graph
  ModuleDescriptor descriptor;
  Module& module;
  Lifecycle life;
  HealthRecord health;

  bool wanted = false;             // shall run
  std::optional<StopReason> down;  // must be stopped before anything else happens to it
  bool given_up = false;           // once stopped it counts as failed
  bool recovering = false;         // its next start, or the one going on, is a recovery
  int attempts = 0;                // recoveries since it last worked
  std::uint64_t failures = 0;      // ever
  std::string error;               // the last one; "" when it works again
  Time delay{};                    // from being stopped to the next start; 0: none
  Time not_before{};               // the next start
  std::size_t health_told = 0;     // what kind of health was published last

  std::uint64_t call = 0;   // number of the start or stop whose answer counts
  std::uint64_t check = 0;  // the same of checks
  Time check_begun{};
  Timer answer_due;   // of a start or stop
  Timer check_due;    // of a check's answer, or of the next check
  Timer restart_due;  // not_before

  bool running() const { return life.is<Running>() && !down; }
  bool up() const { return is_up(life.state()); }
  /// Down, or going down, because of its own failure.
  bool failed() const {
    const auto* stopped = std::get_if<Stopped>(&life.state());
    return life.is<Failed>() || down == StopReason::error ||
           (stopped != nullptr && stopped->reason == StopReason::error);
  }
  std::string label() const;  // "module 'store'"

  /// Its failures so far count for nothing, and nothing is planned because of them.
  void forgive() {
    attempts = 0;
    recovering = given_up = false;
    delay = not_before = {};
    restart_due = {};
  }
};

}  // namespace melisai::supervise
