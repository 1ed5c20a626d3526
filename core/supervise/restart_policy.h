// After a failure: what to do, and when. Pure: time is an argument, chance comes from the Rng seam.
#pragma once

#include <chrono>
#include <string_view>

#include "core/base/result.h"
#include "core/base/rng.h"
#include "core/base/units.h"
#include "core/supervise/scheduler.h"

namespace melisai::supervise {

struct RestartOptions {
  Milliseconds first = std::chrono::seconds(5);
  double factor = 2;  ///< of each wait to the one before
  Milliseconds longest = std::chrono::seconds(300);
  double jitter = 0.25;    ///< of the wait, to either side; < 1
  int attempts_max = 3;    ///< in a row, then failed
  int recoveries_max = 3;  ///< modules that are being restarted at once
  /// For a module that finds so many others being restarted, or whose resources ran out.
  Milliseconds cooldown = std::chrono::seconds(60);
};

/// Wait before the next start, after `attempts` >= 0 that failed. The jitter comes on top of
/// `longest`: modules that failed together must not come back together.
Time restart_delay(const RestartOptions& options, int attempts, Rng& rng);

enum class FailureClass {
  startup,        ///< it did not start
  dependency,     ///< something that it needs does not work
  exhaustion,     ///< memory, disk, handles ran out
  health,         ///< its checks failed
  config,         ///< what it was told cannot work
  communication,  ///< it lost a process or a peer
};

enum class RecoveryAction {
  restart,                 ///< with back-off
  restart_after_cooldown,  ///< not before the cooldown: what ran out needs time to come back
  wait_for_dependency,     ///< starts when that runs again; costs no attempt
  give_up,                 ///< only a person can help
};

RecoveryAction action_for(FailureClass failure);
std::string_view name_of(FailureClass failure);  ///< "startup"

/// Class of an error with which a module answered start().
FailureClass class_of_start(const Error& error);

}  // namespace melisai::supervise
