// Event: what the daemon tells about itself to whoever listens. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace melisai::supervise {

enum class EventType {
  workflow_started,
  workflow_completed,
  workflow_failed,
  engine_status,
  status_update,
  health_check_response,
  module_starting,
  module_running,
  module_stopping,
  module_stopped,
  module_failed,  ///< it stopped working; whether it is tried again is in the message
  module_health,  ///< it became healthy, degraded, unhealthy or unknown
  system_status,  ///< the status of the system changed
};

enum class EventSeverity { info, warning, error, critical };

struct Event {
  EventType type = EventType::status_update;
  EventSeverity severity = EventSeverity::info;
  std::string source;    ///< id of the module or engine that tells
  std::string run;       ///< "demo/build#12"; "" when it is about none
  std::string pipeline;  ///< "" when it is about none
  std::string engine;    ///< "" when it is about none
  std::string message;   ///< for people, one sentence
  std::string data;      ///< JSON text; "" for none

  // Set by the bus.
  std::uint64_t number = 0;  ///< 1, 2, ... without gaps
  std::chrono::system_clock::time_point time{};
};

std::string_view name_of(EventType type);          ///< "workflow_started"
std::string_view name_of(EventSeverity severity);  ///< "warning"

}  // namespace melisai::supervise
