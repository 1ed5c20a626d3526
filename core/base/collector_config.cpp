#include "core/base/collector_config.h"

#include <nlohmann/json.hpp>

namespace melisai::protocol {

std::string to_json(const CollectorConfig& config) {
  nlohmann::json json = nlohmann::json::object();
  const auto say = [&](const char* key, const auto& value, bool said) {
    if (said) json[key] = value;
  };
  say("sample_interval_ms", config.sample_interval_ms, config.sample_interval_ms > 0);
  say("max_events", config.events_max, config.events_max > 0);
  say("proc_root", config.proc_root, !config.proc_root.empty());
  say("sys_root", config.sys_root, !config.sys_root.empty());
  say("pids", config.pids, !config.pids.empty());
  say("cgroups", config.cgroups, !config.cgroups.empty());
  say("trace_exit", config.trace_exit, !config.trace_exit);
  say("observer_pids", config.observer_pids, !config.observer_pids.empty());
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace melisai::protocol
