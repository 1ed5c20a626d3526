// The network interfaces of the window: how much went through each, what was thrown away, and how
// it is set up. One that came or went in the window is left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/procfs/ethtool.h"
#include "plugins/procfs/fields.h"
#include "plugins/procfs/net_counters.h"

namespace melisai::plugins::procfs {

/// At one end of the window.
struct InterfaceReading {
  InterfaceCounters counters;
  LinkDrops drops;
};

/// Is it hardware's? Set-up and drops are read of those only: what goes through lo, veth*,
/// docker* and br-* either never leaves the machine or is counted once more by a real one.
bool is_hardware(std::string_view interface);

/// Bytes in one direction between two readings, of all interfaces that are in both and that
/// is_hardware() is true of; nothing when there is none.
std::optional<std::int64_t> hardware_bytes(const std::vector<InterfaceCounters>& before,
                                           const std::vector<InterfaceCounters>& after,
                                           Traffic InterfaceCounters::*direction);

/// Without `ethtool` no drops.
std::vector<InterfaceReading> read_interfaces(std::vector<InterfaceCounters> counters,
                                              const EthtoolCall* ethtool);

struct LinkSource {
  std::string sys_root;
  const EthtoolCall* ethtool = nullptr;
};

/// The array `interfaces` of network_stats.
Json interfaces_json(const std::vector<InterfaceReading>& before,
                     const std::vector<InterfaceReading>& after, Time window,
                     const LinkSource& source);

}  // namespace melisai::plugins::procfs
