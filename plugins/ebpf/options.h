// What the gate tells the plugin: its configuration, one JSON object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::plugins::ebpf {

struct Options {
  std::size_t events_max = 1000;            // of each tool
  std::vector<std::int64_t> observer_pids;  // ours: with what they start no part of the host
  // Only these that run already, and what they start; neither: the whole host.
  std::vector<std::int64_t> pids;
  std::vector<std::string> cgroups;
  bool other_root = false;  // another /proc or /sys than this machine's
};

/// {"max_events":1000,"observer_pids":[2],"pids":[3],"cgroups":["/a"]} and "proc_root", "sys_root";
/// each key is optional, others are ignored. Throws std::invalid_argument that names the key and
/// what it takes.
Options parse_options(std::string_view config_json);

}  // namespace melisai::plugins::ebpf
