// The part of the supervisor that finds failures, and what follows from them.
#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/supervise/slot.h"
#include "core/supervise/supervisor.h"

namespace melisai::supervise {
namespace {

EventSeverity health_severity(const Health& health, bool required) {
  if (std::holds_alternative<Unhealthy>(health))
    return required ? EventSeverity::critical : EventSeverity::error;
  return std::holds_alternative<Degraded>(health) ? EventSeverity::warning : EventSeverity::info;
}

std::string text_of(const Health& health) {
  if (const auto* unhealthy = std::get_if<Unhealthy>(&health))
    return "unhealthy: " + unhealthy->reason;
  if (const auto* degraded = std::get_if<Degraded>(&health))
    return "degraded: " + degraded->issues.front().message;
  return std::string(name_of(health));
}

}  // namespace

EventSeverity Supervisor::failure_severity(const Slot& slot) {
  return slot.descriptor.required ? EventSeverity::critical : EventSeverity::error;
}

// A module that goes down already is not failing on top of that: what stops it decides.
void Supervisor::fail(Slot& slot, FailureClass failure, const std::string& error) {
  if (slot.down) return;
  ++slot.failures;
  slot.error = error;
  slot.down = StopReason::error;
  tell(EventType::module_failed, failure_severity(slot), slot,
       error + plan_recovery(slot, failure));
  advance();
}

// What will be done, for people.
std::string Supervisor::plan_recovery(Slot& slot, FailureClass failure) {
  const RestartOptions& restart = options_.restart;
  const RecoveryAction action = action_for(failure);
  slot.recovering = false;
  if (action == RecoveryAction::wait_for_dependency) {
    slot.delay = restart.cooldown;
    return "; starts again when what it needs runs, in " + format_duration(slot.delay) +
           " at the earliest";
  }
  if (action == RecoveryAction::give_up) {
    slot.given_up = true;
    return "; a restart would not help: mend it, then restart the module";
  }
  if (slot.attempts >= restart.attempts_max) {
    slot.given_up = true;
    return "; given up after " + std::to_string(slot.attempts) +
           (slot.attempts == 1 ? " restart" : " restarts");
  }
  slot.recovering = true;
  slot.delay = restart_delay(restart, slot.attempts, rng_);
  if (action == RecoveryAction::restart_after_cooldown)
    slot.delay = std::max<Time>(slot.delay, restart.cooldown);
  return "; restart " + std::to_string(slot.attempts + 1) + " of " +
         std::to_string(restart.attempts_max) + " in " + format_duration(slot.delay);
}

Result<void> Supervisor::report_failure(const std::string& id, FailureClass failure,
                                        const Error& error) {
  MELISAI_TRY(auto* slot, find_running(id));
  fail(*slot, failure, error.message);
  return {};
}

Result<void> Supervisor::report_issue(const std::string& id, Issue issue) {
  MELISAI_TRY(auto* slot, find_running(id));
  slot->health.report(std::move(issue), scheduler_.now());
  tell_health(*slot);
  tell_status();
  return {};
}

Result<Supervisor::Slot*> Supervisor::find_running(const std::string& id) {
  MELISAI_TRY(const std::size_t index, find(id));
  if (slots_[index]->life.is<Running>()) return slots_[index].get();
  return Error{Errc::unavailable, slots_[index]->label() + " is not running but " +
                                      std::string(name_of(slots_[index]->life.state()))};
}

void Supervisor::check_at(Slot& slot, Time at) {
  slot.check_due = Timer(scheduler_, at, [this, &slot] { begin_check(slot); });
}

void Supervisor::begin_check(Slot& slot) {
  const std::uint64_t check = ++slot.check;
  const Time now = scheduler_.now();
  slot.check_begun = now;
  const Milliseconds limit = slot.descriptor.health_timeout;
  slot.check_due = Timer(scheduler_, now + limit, [this, &slot, check, limit] {
    on_checked(slot, check, Error{Errc::timeout, "no answer within " + format_duration(limit)});
  });
  slot.module.check(while_alive([this, &slot, check](Result<std::vector<Issue>> result) {
    on_checked(slot, check, std::move(result));
  }));
}

void Supervisor::on_checked(Slot& slot, std::uint64_t check, Result<std::vector<Issue>> result) {
  if (check != slot.check) return;
  ++slot.check;
  const Time now = scheduler_.now();
  if (result)
    slot.health.answered(*std::move(result), now);
  else
    slot.health.missed(result.error().message, now);
  const Health health = slot.health.health(now);
  tell(EventType::health_check_response, health_severity(health, slot.descriptor.required), slot,
       text_of(health));
  tell_health(slot);
  if (slot.health.failing()) return fail(slot, FailureClass::health, slot.health.failure());
  const Time interval = slot.descriptor.health_interval;
  if (std::holds_alternative<Healthy>(health) &&
      now - std::get<Running>(slot.life.state()).since >= interval) {
    slot.attempts = 0;
    slot.error.clear();
  }
  check_at(slot, std::max(now, slot.check_begun + interval));
  tell_status();
}

void Supervisor::tell_health(Slot& slot) {
  const Health health = slot.health.health(scheduler_.now());
  if (std::exchange(slot.health_told, health.index()) == health.index()) return;
  tell(EventType::module_health, health_severity(health, slot.descriptor.required), slot,
       text_of(health));
}

void Supervisor::tell_status() {
  const SystemStatus now = status();
  if (std::exchange(told_status_, now) == now) return;
  EventSeverity severity = EventSeverity::info;
  if (now == SystemStatus::degraded) severity = EventSeverity::warning;
  if (now == SystemStatus::critical) severity = EventSeverity::critical;
  bus_.publish({.type = EventType::system_status,
                .severity = severity,
                .source = "supervisor",
                .message = "the system is " + std::string(name_of(now))});
}

void Supervisor::tell(EventType type, EventSeverity severity, const Slot& slot,
                      std::string message) {
  bus_.publish({.type = type,
                .severity = severity,
                .source = slot.descriptor.id,
                .message = std::move(message)});
}

}  // namespace melisai::supervise
