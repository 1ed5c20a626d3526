#include "plugins/procfs/interfaces.h"

#include <algorithm>
#include <filesystem>

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kQueuesMax = 4096;
constexpr std::int64_t kSpeedMbpsMax = 100'000'000;  // drivers say 2^32 - 1 for "unknown"

struct Queues {
  std::optional<std::int64_t> count;
  std::optional<bool> spread;  // does any of them name CPUs?
};

// "00000000,0000000f": a mask of CPUs.
bool names_a_cpu(std::string_view mask) {
  return mask.find_first_of("123456789abcdefABCDEF") != std::string_view::npos;
}

Queues read_queues(const std::string& directory, std::string_view prefix,
                   const std::string& mask_file) {
  Queues queues;
  for (const std::string& name : entry_names(directory, kQueuesMax)) {
    if (!name.starts_with(prefix)) continue;
    queues.count = queues.count.value_or(0) + 1;
    const auto mask = read_text(directory + "/" + name + "/" + mask_file);
    if (mask) queues.spread = queues.spread.value_or(false) || names_a_cpu(*mask);
  }
  return queues;
}

std::optional<std::string> driver(const std::string& directory, const std::string& name,
                                  const EthtoolCall* ethtool) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(directory + "/device/driver", error);
  if (!error && target.has_filename()) return target.filename().string();
  return ethtool == nullptr ? std::nullopt : driver_of(*ethtool, name);
}

void put_speed(Json& data, const std::string& directory) {
  const auto mbps = read_count(directory + "/speed");
  if (!mbps || *mbps == 0 || *mbps > kSpeedMbpsMax) return;
  data["speed"] = std::to_string(*mbps) + "Mb/s";
  data["speed_mbps"] = *mbps;
}

void put_ethtool(Json& data, const std::string& name, const EthtoolCall& ethtool) {
  if (const auto ring = rx_ring_of(ethtool, name)) {
    data["ring_rx_current"] = ring->current;
    data["ring_rx_max"] = ring->max;
  }
  put(data, "tso_enabled", offload_of(ethtool, name, Offload::tso));
  put(data, "gro_enabled", offload_of(ethtool, name, Offload::gro));
  put(data, "gso_enabled", offload_of(ethtool, name, Offload::gso));
  if (const auto coalescing = coalescing_of(ethtool, name)) {
    data["coalesce_rx_usecs"] = coalescing->rx_usecs;
    data["coalesce_adaptive_rx"] = coalescing->adaptive_rx;
  }
}

void put_set_up(Json& data, const std::string& name, const LinkSource& source) {
  const std::string directory = source.sys_root + "/class/net/" + name;
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) {
    put(data, "driver", driver(directory, name, source.ethtool));
    put_speed(data, directory);
    const Queues rx = read_queues(directory + "/queues", "rx-", "rps_cpus");
    const Queues tx = read_queues(directory + "/queues", "tx-", "xps_cpus");
    put(data, "rx_queues", rx.count);
    put(data, "tx_queues", tx.count);
    put(data, "rps_enabled", rx.spread);
    put(data, "xps_enabled", tx.spread);
    data["bond_slave"] = std::filesystem::exists(directory + "/bonding_slave", error);
    put_count(data, "mtu", directory + "/mtu");
  }
  if (source.ethtool != nullptr) put_ethtool(data, name, *source.ethtool);
}

std::optional<std::int64_t> growth(const std::optional<std::int64_t>& before,
                                   const std::optional<std::int64_t>& after) {
  if (!before || !after) return std::nullopt;
  return plugins::growth(*before, *after);
}

Traffic growth(const Traffic& before, const Traffic& after) {
  return {
      plugins::growth(before.bytes, after.bytes), plugins::growth(before.packets, after.packets),
      plugins::growth(before.errors, after.errors), plugins::growth(before.dropped, after.dropped)};
}

Json traffic_json(const std::string& name, const Traffic& rx, const Traffic& tx, Time window) {
  Json data = {{"name", name},
               {"rx_bytes", rx.bytes},
               {"tx_bytes", tx.bytes},
               {"rx_packets", rx.packets},
               {"tx_packets", tx.packets},
               {"rx_errors", rx.errors},
               {"tx_errors", tx.errors},
               {"rx_dropped", rx.dropped},
               {"tx_dropped", tx.dropped}};
  const std::int64_t lost = rx.errors + tx.errors + rx.dropped + tx.dropped;
  put(data, "errors_per_sec", per_second(lost, window));
  put(data, "rx_bytes_per_sec", per_second(rx.bytes, window));
  put(data, "tx_bytes_per_sec", per_second(tx.bytes, window));
  return data;
}

}  // namespace

bool is_hardware(std::string_view interface) {
  return interface != "lo" && !interface.starts_with("veth") && !interface.starts_with("docker") &&
         !interface.starts_with("br-");
}

std::optional<std::int64_t> hardware_bytes(const std::vector<InterfaceCounters>& before,
                                           const std::vector<InterfaceCounters>& after,
                                           Traffic InterfaceCounters::*direction) {
  std::optional<std::int64_t> bytes;
  for (const InterfaceCounters& last : after) {
    if (!is_hardware(last.name)) continue;
    const auto first = std::find_if(before.begin(), before.end(),
                                    [&](const auto& other) { return other.name == last.name; });
    if (first != before.end())
      bytes =
          bytes.value_or(0) + plugins::growth(((*first).*direction).bytes, (last.*direction).bytes);
  }
  return bytes;
}

std::vector<InterfaceReading> read_interfaces(std::vector<InterfaceCounters> counters,
                                              const EthtoolCall* ethtool) {
  std::vector<InterfaceReading> readings;
  for (InterfaceCounters& interface : counters) {
    LinkDrops drops;
    if (ethtool != nullptr && is_hardware(interface.name))
      drops = drops_of(*ethtool, interface.name);
    readings.push_back({std::move(interface), drops});
  }
  return readings;
}

Json interfaces_json(const std::vector<InterfaceReading>& before,
                     const std::vector<InterfaceReading>& after, Time window,
                     const LinkSource& source) {
  Json interfaces = Json::array();
  for (const InterfaceReading& last : after) {
    const std::string& name = last.counters.name;
    const auto first = std::find_if(
        before.begin(), before.end(),
        [&](const InterfaceReading& reading) { return reading.counters.name == name; });
    if (first == before.end()) continue;
    Json data = traffic_json(name, growth(first->counters.rx, last.counters.rx),
                             growth(first->counters.tx, last.counters.tx), window);
    if (is_hardware(name)) {
      put_set_up(data, name, source);
      put(data, "rx_discards", growth(first->drops.discards, last.drops.discards));
      put(data, "rx_buf_errors", growth(first->drops.buf_errors, last.drops.buf_errors));
    }
    interfaces.push_back(std::move(data));
  }
  return interfaces;
}

}  // namespace melisai::plugins::procfs
