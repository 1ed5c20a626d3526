#include "plugins/process/options.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace melisai::plugins {

ProcessOptions parse_process_options(std::string_view config_json) {
  ProcessOptions options;
  if (config_json.empty()) return options;
  const auto config = nlohmann::json::parse(config_json, nullptr, false);
  if (!config.is_object())
    throw std::invalid_argument("process: configuration: not one JSON object");
  const auto trace_exit = config.find("trace_exit");
  if (trace_exit == config.end()) return options;
  if (!trace_exit->is_boolean())
    throw std::invalid_argument("process: configuration: trace_exit: true or false");
  options.trace_exit = trace_exit->get<bool>();
  return options;
}

}  // namespace melisai::plugins
