// Lifecycle: the six states of a module and which may follow which. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.h"
#include "core/supervise/scheduler.h"

namespace melisai::supervise {

enum class StopReason {
  requested,   ///< somebody asked for a restart
  shutdown,    ///< the whole system stops
  error,       ///< it failed; its next start may be due already
  dependency,  ///< something that it needs stopped
};

struct NotStarted {
  bool operator==(const NotStarted&) const = default;
};
struct Starting {
  Time since{};
  bool operator==(const Starting&) const = default;
};
struct Running {
  Time since{};
  bool operator==(const Running&) const = default;
};
struct Stopping {
  Time since{};
  bool operator==(const Stopping&) const = default;
};
struct Stopped {
  StopReason reason = StopReason::requested;
  bool operator==(const Stopped&) const = default;
};
/// Nobody tries again by himself: restarts are used up or useless, or it did not stop.
struct Failed {
  std::string error;
  int attempts = 0;  ///< restarts since it last worked
  bool operator==(const Failed&) const = default;
};

/// The order of the alternatives is that of the table in lifecycle.cpp.
using LifecycleState = std::variant<NotStarted, Starting, Running, Stopping, Stopped, Failed>;

std::string_view name_of(const LifecycleState& state);  ///< "not_started"
std::string_view name_of(StopReason reason);            ///< "requested"

/// Starting, running or stopping: it may hold resources, and needs its dependencies.
bool is_up(const LifecycleState& state);

class Lifecycle {
 public:
  const LifecycleState& state() const { return state_; }
  template <class State>
  bool is() const {
    return std::holds_alternative<State>(state_);
  }
  /// Errors (internal): `next` may not follow; both are named, and the state stays.
  Result<void> move_to(LifecycleState next);

 private:
  LifecycleState state_;
};

}  // namespace melisai::supervise
