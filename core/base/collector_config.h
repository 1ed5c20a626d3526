// What every collector is told when it is greeted, as the JSON object of collector.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace melisai::protocol {

/// Keys that are at their default are left out.
struct CollectorConfig {
  int sample_interval_ms = 0;        ///< 1 to 60000; 0: as the collector wants it
  int events_max = 0;                ///< "max_events"; 0: as the collector wants it
  std::string proc_root;             ///< "": /proc
  std::string sys_root;              ///< "": /sys
  std::vector<std::int64_t> pids;    ///< only these processes and what they start, where it applies
  std::vector<std::string> cgroups;  ///< directories; only these, where it applies
  bool trace_exit = true;            ///< the root of a tree may be traced for its memory at exit
  std::vector<std::int64_t> observer_pids;  ///< ours: no part of what is observed
};

std::string to_json(const CollectorConfig& config);

}  // namespace melisai::protocol
