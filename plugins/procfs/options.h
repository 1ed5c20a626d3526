// What the gate tells procfs about a window: the configuration of the plugin, one JSON object.
#pragma once

#include <string_view>

#include "plugins/procfs/part.h"

namespace melisai::plugins::procfs {

/// {"proc_root":"/proc","sys_root":"/sys","max_events":1000,"pids":[1],"cgroups":["/a"],
/// "observer_pids":[2]}; each key is optional, others are ignored. Throws std::invalid_argument
/// that names the key and what it takes.
Options parse_options(std::string_view config_json);

}  // namespace melisai::plugins::procfs
