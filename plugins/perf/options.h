// What the gate tells the plugin: its configuration, one JSON object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::plugins::perf {

struct Options {
  std::vector<std::int64_t> pids;    // where no tree is observed: these instead of the host
  std::vector<std::string> cgroups;  // the same; the first counts
  bool other_root = false;           // another /proc or /sys than this machine's
};

/// {"pids":[2],"cgroups":["/x"]} and "proc_root", "sys_root"; each key is optional, others are
/// ignored. Throws std::invalid_argument that names the key and what it takes.
Options parse_options(std::string_view config_json);

}  // namespace melisai::plugins::perf
