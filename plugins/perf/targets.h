// From what is asked for to the places where events are opened.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/perf/counters.h"
#include "plugins/perf/options.h"

namespace melisai::plugins::perf {

/// "0-2,4" -> 0 1 2 4; empty for what is no such list.
std::vector<int> parse_cpus(std::string_view text);

/// What a window counts of. Owns the descriptor of a cgroup.
struct Targeted {
  Target target;
  Descriptor cgroup;
  std::string problem;  // why there is nothing to count; "" when there is
};
/// `root_pid` 0: what `options` name, else the host.
Targeted find_target(std::int64_t root_pid, const Options& options);

}  // namespace melisai::plugins::perf
