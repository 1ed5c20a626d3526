#include "core/supervise/restart_policy.h"

#include <algorithm>
#include <cstdint>

namespace melisai::supervise {

Time restart_delay(const RestartOptions& options, int attempts, Rng& rng) {
  using Nanoseconds = std::chrono::duration<double, std::nano>;
  const Nanoseconds longest = options.longest;
  Nanoseconds delay = options.first;
  for (int i = 0; i < attempts && delay < longest; ++i) delay *= options.factor;
  delay = std::min(delay, longest);
  const auto spread = static_cast<std::int64_t>(delay.count() * options.jitter);
  const auto off = static_cast<std::int64_t>(rng.below(2 * static_cast<std::uint64_t>(spread) + 1));
  return std::chrono::duration_cast<Time>(delay) + Time(off - spread);
}

RecoveryAction action_for(FailureClass failure) {
  switch (failure) {
    case FailureClass::startup:
    case FailureClass::health:
    case FailureClass::communication: return RecoveryAction::restart;
    case FailureClass::exhaustion: return RecoveryAction::restart_after_cooldown;
    case FailureClass::dependency: return RecoveryAction::wait_for_dependency;
    case FailureClass::config: return RecoveryAction::give_up;
  }
  return RecoveryAction::give_up;
}

std::string_view name_of(FailureClass failure) {
  switch (failure) {
    case FailureClass::startup: return "startup";
    case FailureClass::dependency: return "dependency";
    case FailureClass::exhaustion: return "exhaustion";
    case FailureClass::health: return "health";
    case FailureClass::config: return "config";
    case FailureClass::communication: return "communication";
  }
  return "";
}

FailureClass class_of_start(const Error& error) {
  switch (error.code) {
    case Errc::config:
    case Errc::usage: return FailureClass::config;
    case Errc::limit:
    case Errc::disk_full: return FailureClass::exhaustion;
    default: return FailureClass::startup;
  }
}

}  // namespace melisai::supervise
