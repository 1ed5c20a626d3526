#include <nlohmann/json.hpp>

#include "core/api/handlers.h"

namespace melisai::api {
namespace {

using supervise::SystemStatus;

/// Whoever asks has no token: which parts do not work, but not what they say of it.
http::Response state_answer(const supervise::SystemHealth& health, bool good) {
  Json reasons = Json::array();
  for (const supervise::ModuleHealth& module : health.modules) {
    const bool is_failed = std::holds_alternative<supervise::Failed>(module.state);
    const bool is_bad = std::holds_alternative<supervise::Unhealthy>(module.health) ||
                        std::holds_alternative<supervise::Degraded>(module.health);
    if (is_failed || is_bad)
      reasons.push_back(
          {{"module", module.id},
           {"state", is_failed ? std::string_view("failed") : supervise::name_of(module.health)}});
  }
  return answer(good ? 200 : 503, {{"status", name_of(health.status)}, {"reasons", reasons}});
}

}  // namespace

void show_health(Parts& parts, Call call) {
  const supervise::SystemHealth health = parts.daemon.health();
  const bool good =
      health.status != SystemStatus::critical && health.status != SystemStatus::stopped;
  call.respond(state_answer(health, good));
}

void show_ready(Parts& parts, Call call) {
  const supervise::SystemHealth health = parts.daemon.health();
  const bool good =
      health.status == SystemStatus::healthy || health.status == SystemStatus::degraded;
  call.respond(state_answer(health, good));
}

}  // namespace melisai::api
