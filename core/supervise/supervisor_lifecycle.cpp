// The part of the supervisor that moves modules up and down.
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/text.h"
#include "core/supervise/round.h"
#include "core/supervise/slot.h"
#include "core/supervise/supervisor.h"

namespace melisai::supervise {
namespace {

// stop_all keeps this much for each level below the module that stops now, so that one that hangs
// does not take the time of those it depends on.
constexpr Time kStopReserve = std::chrono::seconds(1);

}  // namespace

std::string Supervisor::Slot::label() const { return "module " + in_quotes(descriptor.id); }

void Supervisor::advance() {
  again_ = true;
  if (std::exchange(advancing_, true)) return;  // a module answered from within its call
  while (std::exchange(again_, false)) {
    spread_down();
    stop_ready();
    start_ready();
    if (again_) continue;  // nobody is told of a state that is over at once
    answer_rounds();
    answer_stops();
    tell_status();
  }
  advancing_ = false;
}

// In the order of dependencies, so that one pass reaches everybody.
void Supervisor::spread_down() {
  for (const std::size_t node : graph_.order()) {
    Slot& slot = *slots_[node];
    if (!slot.up() || slot.down) continue;
    if (!needs_met(slot)) slot.down = StopReason::dependency;
  }
}

void Supervisor::stop_ready() {
  const auto& order = graph_.order();
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    Slot& slot = *slots_[*node];
    if (!slot.down || slot.life.is<Stopping>()) continue;
    if (slot.life.is<Failed>() && !needs_met(slot)) continue;
    const auto& dependents = graph_.dependents(*node);
    if (std::none_of(dependents.begin(), dependents.end(),
                     [&](std::size_t dependent) { return slots_[dependent]->up(); }))
      begin_stop(slot);
  }
}

void Supervisor::start_ready() {
  for (const std::size_t node : graph_.order()) {
    Slot& slot = *slots_[node];
    if (may_start(slot) && needs_met(slot) && !postpone_recovery(slot)) begin_start(slot);
  }
}

bool Supervisor::needs_met(const Slot& slot) const {
  const auto& needs = graph_.dependencies(slot.index);
  return std::all_of(needs.begin(), needs.end(),
                     [&](std::size_t needed) { return slots_[needed]->running(); });
}

bool Supervisor::may_start(const Slot& slot) const {
  const Time now = scheduler_.now();
  if (!slot.wanted || slot.down || slot.up() || slot.life.is<Failed>()) return false;
  if (slot.not_before > now || next_start_ > now) return false;
  return options_.parallel || std::none_of(slots_.begin(), slots_.end(), [](const auto& other) {
           return other->life.template is<Starting>();
         });
}

bool Supervisor::postpone_recovery(Slot& slot) {
  if (!slot.recovering) return false;
  const auto going_on = std::count_if(slots_.begin(), slots_.end(), [](const auto& other) {
    return other->recovering && other->life.template is<Starting>();
  });
  if (going_on < options_.restart.recoveries_max) return false;
  wait_until(slot, scheduler_.now() + options_.restart.cooldown);
  return true;
}

void Supervisor::begin_start(Slot& slot) {
  const Time now = scheduler_.now();
  if (slot.recovering) ++slot.attempts;
  move(slot, Starting{now});
  tell(EventType::module_starting, EventSeverity::info, slot, "starting");
  if (options_.start_delay > Milliseconds{}) {
    next_start_ = now + options_.start_delay;
    next_start_due_ = Timer(scheduler_, next_start_, [this] { advance(); });
  }
  const std::uint64_t call = ++slot.call;
  const Milliseconds limit = slot.descriptor.startup_timeout;
  slot.answer_due = Timer(scheduler_, now + limit, [this, &slot, call, limit] {
    on_started(slot, call,
               Error{Errc::timeout, "it did not start within " + format_duration(limit)});
  });
  slot.module.start(while_alive(
      [this, &slot, call](const Result<void>& result) { on_started(slot, call, result); }));
}

void Supervisor::on_started(Slot& slot, std::uint64_t call, const Result<void>& result) {
  if (call != slot.call) return;
  ++slot.call;  // a second answer counts for nothing
  slot.answer_due = {};
  if (!result)
    return fail(slot, class_of_start(result.error()),
                "it could not start: " + result.error().message);
  const Time now = scheduler_.now();
  move(slot, Running{now});
  slot.recovering = false;
  tell(EventType::module_running, EventSeverity::info, slot, "running");
  check_at(slot, now);
  advance();
}

void Supervisor::begin_stop(Slot& slot) {
  move(slot, Stopping{scheduler_.now()});
  tell(EventType::module_stopping, EventSeverity::info, slot,
       "stopping: " + std::string(name_of(*slot.down)));
  slot.check_due = {};
  ++slot.check;
  const std::uint64_t call = ++slot.call;
  await_stop(slot, scheduler_.now() + stop_limit(slot));
  slot.module.stop(while_alive(
      [this, &slot, call](const Result<void>& result) { on_stopped(slot, call, result); }));
}

void Supervisor::await_stop(Slot& slot, Time at) {
  slot.answer_due = Timer(scheduler_, at, [this, &slot, call = slot.call] {
    const Time since = std::get<Stopping>(slot.life.state()).since;
    on_stopped(slot, call,
               Error{Errc::timeout,
                     "it did not stop within " + format_duration(scheduler_.now() - since)});
  });
}

void Supervisor::hasten_stop(Slot& slot) {
  const Time at = scheduler_.now() + stop_limit(slot);
  if (at < slot.answer_due.at()) await_stop(slot, at);
}

Time Supervisor::stop_limit(const Slot& slot) const {
  const Time own = slot.descriptor.shutdown_timeout;
  if (phase_ != Phase::stopping) return own;
  const Time left = std::max(stop_deadline_ - scheduler_.now(), Time{});
  const auto below = static_cast<std::int64_t>(graph_.level(slot.index));
  return std::min(own, std::max(left / (below + 1), left - below * kStopReserve));
}

void Supervisor::on_stopped(Slot& slot, std::uint64_t call, const Result<void>& result) {
  if (call != slot.call) return;
  ++slot.call;
  slot.answer_due = {};
  slot.health.forget();
  const StopReason reason = *std::exchange(slot.down, std::nullopt);
  const bool given_up = std::exchange(slot.given_up, false);
  if (!result) {
    slot.recovering = false;
    slot.error = result.error().message + (slot.error.empty() ? "" : "; before: " + slot.error);
    if (phase_ == Phase::stopping) unstopped_.push_back(slot.descriptor.id);
    move(slot, Failed{slot.error, slot.attempts});
    tell(EventType::module_failed, failure_severity(slot), slot, slot.error + "; it is left");
  } else {
    move(slot, Stopped{reason});
    tell(EventType::module_stopped, EventSeverity::info, slot,
         "stopped: " + std::string(name_of(reason)));
    if (given_up) move(slot, Failed{slot.error, slot.attempts});
    if (slot.delay > Time{}) wait_until(slot, scheduler_.now() + std::exchange(slot.delay, Time{}));
  }
  advance();
}

void Supervisor::move(Slot& slot, LifecycleState next) {
  const Result<void> moved = slot.life.move_to(std::move(next));
  MELISAI_ASSERT(moved.has_value());
}

void Supervisor::wait_until(Slot& slot, Time at) {
  slot.not_before = at;
  slot.restart_due = Timer(scheduler_, at, [this] { advance(); });
}

}  // namespace melisai::supervise
