// What the gate tells the plugin: its configuration, one JSON object.
#pragma once

#include <string_view>

namespace melisai::plugins {

struct ProcessOptions {
  bool trace_exit = true;  // the root may be traced for its memory at exit
};

/// {"trace_exit":false}; other keys are ignored. Throws std::invalid_argument that names the key
/// and what it takes.
ProcessOptions parse_process_options(std::string_view config_json);

}  // namespace melisai::plugins
