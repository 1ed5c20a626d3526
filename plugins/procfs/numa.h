// The memory of each NUMA node, as /sys/devices/system/node and /proc/buddyinfo tell it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "plugins/procfs/fields.h"

namespace melisai::plugins::procfs {

class NumaNodes {
 public:
  explicit NumaNodes(const std::string& sys);
  void start();
  /// numa_nodes: counters grew since start(); a node that came since then has none.
  void put(Json& data) const;

 private:
  std::map<std::int64_t, std::string> read_numastats() const;

  std::string directory_;
  std::map<std::int64_t, std::string> before_;  // node -> numastat
};

/// buddy_info: free blocks by their order, of each zone of each node.
void put_buddies(Json& data, std::string_view buddyinfo);

}  // namespace melisai::plugins::procfs
