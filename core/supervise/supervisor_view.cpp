// What the supervisor shows of itself.
#include <algorithm>

#include "core/supervise/slot.h"
#include "core/supervise/supervisor.h"

namespace melisai::supervise {

// In the order of dependencies: who needs a module that gives no service gives none either.
std::vector<ModuleService> Supervisor::services() const {
  const Time now = scheduler_.now();
  std::vector<ModuleService> services(slots_.size());
  for (const std::size_t node : graph_.order()) {
    const Slot& slot = *slots_[node];
    const Health health = slot.health.health(now);
    const auto& needs = graph_.dependencies(node);
    Service& service = services[node].service;
    services[node].required = slot.descriptor.required;
    if (std::holds_alternative<Degraded>(health)) service = Service::limited;
    if (!slot.running()) service = Service::paused;
    if (slot.failed() || std::holds_alternative<Unhealthy>(health) ||
        (service == Service::paused &&
         std::any_of(needs.begin(), needs.end(), [&](std::size_t needed) {
           return services[needed].service == Service::none;
         })))
      service = Service::none;
  }
  return services;
}

SystemStatus Supervisor::status() const { return system_status(phase_, services()); }

ModuleHealth Supervisor::health_of(const Slot& slot) const {
  const Time now = scheduler_.now();
  return {
      .id = slot.descriptor.id,
      .name = slot.descriptor.name,
      .version = slot.descriptor.version,
      .required = slot.descriptor.required,
      .state = slot.life.state(),
      .health = slot.health.health(now),
      .attempts = slot.attempts,
      .restart_in = slot.wanted && !slot.up() ? std::max(slot.not_before - now, Time{}) : Time{},
      .last_error = slot.error};
}

SystemHealth Supervisor::system_health() const {
  const Time now = scheduler_.now();
  SystemHealth system{.status = status()};
  if (phase_ == Phase::stopped) {
    for (const auto& slot : slots_) system.modules.push_back(health_of(*slot));
    return system;
  }
  system.uptime = now - phase_since_;
  const std::vector<ModuleService> services = this->services();
  for (const std::size_t node : graph_.order()) {
    const Slot& slot = *slots_[node];
    system.modules.push_back(health_of(slot));
    for (Issue& issue : slot.health.issues(now))
      system.issues.push_back({slot.descriptor.id, std::move(issue)});
    if (services[node].service == Service::none) system.failing.push_back(slot.descriptor.id);
  }
  return system;
}

}  // namespace melisai::supervise
