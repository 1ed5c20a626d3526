#include "core/gate/health/anomaly_rules.h"

#include <algorithm>
#include <array>

#include "core/gate/health/use.h"

namespace melisai::gate {
namespace {

using Found = std::optional<Reading>;

Found reading(const std::optional<double>& value) {
  if (!value) return std::nullopt;
  return Reading{*value, ""};
}

// Below this rate of the busiest CPU, one interface's packets simply stay where they arrive.
constexpr double kBusyPerSecond = 100;

// The busiest CPU's received packets against the idlest one's. Per second, because the same traffic
// gives any count in a window that is long enough; a CPU without any counts as one a second, so
// that two CPUs of which one rests are not infinitely apart.
Found irq_imbalance(const HostView& host) {
  const double seconds = host.window_seconds("network_stats").value_or(1);
  double most = 0;
  std::optional<double> least;
  std::size_t cpus = 0;
  for (const HostData& cpu : host.data("network_stats").list("softnet.irq_distribution")) {
    const std::optional<double> count = cpu.number("net_rx_delta");
    if (!count) continue;
    ++cpus;
    most = std::max(most, *count / seconds);
    least = std::min(least.value_or(*count / seconds), *count / seconds);
  }
  if (cpus < 2 || most < kBusyPerSecond) return std::nullopt;
  return Reading{most / std::max(*least, 1.0), ""};
}

// What a program reads first is never there: so few pages say nothing of the cache.
constexpr double kReadPagesMin = 1000;

Found cache_miss_ratio(const HostView& host) {
  if (host.number("cachestat", "read_pages").value_or(kReadPagesMin) < kReadPagesMin)
    return std::nullopt;
  return reading(host.number("cachestat", "miss_ratio_pct"));
}

Found crossing_pairs(const HostView& host) {
  const HostData gpus = host.data("gpu_pcie");
  if (gpus.empty()) return std::nullopt;
  return Reading{static_cast<double>(gpus.list("cross_numa_pairs").size()), ""};
}

using Host = const HostView&;
constexpr std::string_view kCpu = "cpu_utilization";
constexpr std::string_view kMemory = "memory_info";
constexpr std::string_view kDisk = "disk_stats";
constexpr std::string_view kNet = "network_stats";

constexpr std::string_view kStat = "/proc/stat";
constexpr std::string_view kVmstat = "/proc/vmstat";
constexpr std::string_view kNetstat = "/proc/net/netstat";
constexpr std::string_view kSoftnet = "/proc/net/softnet_stat";

// metric, category, warning, critical, unit, title, source; collector, path or function.
const std::array<RuleRow, 37> kRows{{
    {{"cpu_utilization", "cpu", 80, 95, "%", "CPU utilization", kStat},
     {},
     {},
     [](Host h) { return reading(cpu_utilization(h)); }},
    {{"cpu_iowait", "cpu", 10, 30, "%", "CPU time waiting for I/O", kStat}, kCpu, "iowait_pct"},
    {{"load_average", "cpu", 2, 4, "per CPU", "load of one minute", "/proc/loadavg"},
     {},
     {},
     [](Host h) { return reading(load_per_cpu(h)); }},
    {{"runqlat_p99", "cpu", 10, 50, "ms", "wait for a CPU (p99)", "runqlat"},
     {},
     {},
     [](Host h) { return h.p99_ms("runqlat"); }},
    {{"cpu_psi_pressure", "cpu", 5, 25, "%", "CPU pressure", "/proc/pressure/cpu, some avg10"},
     kCpu,
     "psi_some_10"},

    {{"memory_utilization", "memory", 85, 95, "%", "memory utilization", "/proc/meminfo"},
     {},
     {},
     [](Host h) { return reading(memory_utilization(h)); }},
    {{"swap_usage", "memory", 10, 50, "%", "swap in use", "/proc/meminfo"},
     {},
     {},
     [](Host h) { return reading(swap_usage(h)); }},
    {{"memory_psi_pressure", "memory", 5, 25, "%", "memory pressure",
      "/proc/pressure/memory, some avg10"},
     kMemory,
     "psi_some_10"},
    {{"direct_reclaim_rate", "memory", 10, 1000, "pages/s", "direct reclaim", kVmstat},
     kMemory,
     "reclaim.direct_reclaim_rate"},
    {{"compaction_stall_rate", "memory", 1, 100, "/s", "stalls for memory compaction", kVmstat},
     kMemory,
     "reclaim.compact_stall_rate"},
    {{"thp_split_rate", "memory", 1, 100, "/s", "huge pages split", kVmstat},
     kMemory,
     "reclaim.thp_split_rate"},
    {{"numa_miss_ratio", "memory", 5, 20, "%", "allocations on another NUMA node",
      "/sys/devices/system/node/node*/numastat"},
     {},
     {},
     [](Host h) {
       return h.worst(kMemory, {"numa_nodes", "miss_ratio", "node"});
     }},
    {{"cache_miss_ratio", "memory", 5, 15, "%", "page cache misses", "cachestat"},
     {},
     {},
     cache_miss_ratio},

    {{"disk_utilization", "disk", 70, 90, "%", "disk utilization", "/proc/diskstats"},
     {},
     {},
     disk_utilization},
    {{"disk_avg_latency", "disk", 5, 50, "ms", "mean disk latency", "/proc/diskstats"},
     {},
     {},
     [](Host h) {
       return h.worst(kDisk, {"devices", "avg_latency_ms", "name"});
     }},
    {{"biolatency_p99_ssd", "disk", 5, 25, "ms", "SSD request latency (p99)", "biolatency"},
     {},
     {},
     [](Host h) { return h.p99_ms("biolatency", "_ssd"); }},
    {{"biolatency_p99_hdd", "disk", 50, 200, "ms", "hard disk request latency (p99)", "biolatency"},
     {},
     {},
     [](Host h) { return h.p99_ms("biolatency", "_hdd"); }},
    {{"io_psi_pressure", "disk", 10, 50, "%", "I/O pressure", "/proc/pressure/io, some avg10"},
     kDisk,
     "psi_some_10"},

    {{"tcp_retransmits", "network", 10, 50, "/s", "TCP retransmits", "/proc/net/snmp"},
     kNet,
     "tcp.retrans_rate_per_sec"},
    {{"tcp_timewait", "network", 5000, 20000, "sockets", "sockets in TIME_WAIT", "sock_diag"},
     kNet,
     "tcp.time_wait_count"},
    {{"tcp_close_wait", "network", 1, 100, "sockets", "sockets in CLOSE_WAIT", "sock_diag"},
     {},
     {},
     [](Host h) { return reading(close_wait_sockets(h)); }},
    {{"network_errors_per_sec", "network", 10, 100, "/s", "errors and drops", "/proc/net/dev"},
     {},
     {},
     [](Host h) {
       return h.worst(kNet, {"interfaces", "errors_per_sec", "name"});
     }},
    {{"conntrack_usage_pct", "network", 70, 90, "%", "connection tracking table in use",
      "nf_conntrack_count"},
     kNet,
     "conntrack.usage_pct"},
    {{"softnet_dropped", "network", 1, 100, "/s", "packets dropped before the stack", kSoftnet},
     kNet,
     "softnet.drop_rate"},
    {{"softnet_time_squeeze", "network", 1, 100, "/s", "receive budgets used up", kSoftnet},
     kNet,
     "softnet.squeeze_rate"},
    {{"listen_overflows", "network", 1, 100, "/s", "connections refused by full queues", kNetstat},
     kNet,
     "tcp_ext.listen_overflow_rate"},
    {{"listen_queue_saturation", "network", 70, 90, "%", "accept queue in use", "sock_diag"},
     {},
     {},
     [](Host h) {
       return h.worst(kNet, {"listen_sockets", "fill_pct", "local_addr"});
     }},
    {{"nic_rx_discards", "network", 100, 10000, "packets", "packets discarded by the card",
      "driver statistics"},
     {},
     {},
     [](Host h) {
       return h.worst(kNet, {"interfaces", "rx_discards", "name"});
     }},
    {{"tcp_abort_on_memory", "network", 0.1, 1, "/s", "connections closed for lack of memory",
      kNetstat},
     kNet,
     "tcp_ext.tcp_abort_mem_rate"},
    {{"tcp_rcvq_drop", "network", 1, 100, "/s", "packets dropped by full receive queues", kNetstat},
     kNet,
     "tcp_ext.tcp_rcvq_drop_rate"},
    {{"tcp_zero_window_drop", "network", 1, 50, "/s", "packets dropped at a closed window",
      kNetstat},
     kNet,
     "tcp_ext.tcp_zero_window_drop_rate"},
    {{"udp_rcvbuf_errors", "network", 1, 100, "/s", "UDP packets dropped by full buffers",
      "/proc/net/snmp"},
     kNet,
     "udp.rcvbuf_err_rate"},
    {{"irq_imbalance", "network", 5, 20, "x", "packets of the busiest CPU against the idlest",
      "/proc/softirqs NET_RX"},
     {},
     {},
     irq_imbalance},
    {{"dns_latency_p99", "network", 50, 200, "ms", "name look-up latency (p99)", "gethostlatency"},
     {},
     {},
     [](Host h) { return h.p99_ms("gethostlatency"); }},

    {{"cpu_throttling", "container", 100, 1000, "periods", "periods cut by the CPU limit",
      "cpu.stat"},
     "container_info",
     "cpu_throttled_periods"},
    {{"container_memory_usage", "container", 80, 95, "%", "memory limit in use", "memory.current"},
     {},
     {},
     [](Host h) { return reading(container_memory_usage(h)); }},

    {{"gpu_nic_cross_numa", "system", 1, 1, "pairs", "GPU and network card on different NUMA nodes",
      "/sys/bus/pci"},
     {},
     {},
     crossing_pairs},
}};

}  // namespace

std::span<const RuleRow> rule_rows() { return kRows; }

std::optional<Reading> value_of(const RuleRow& row, const HostView& host) {
  return row.read != nullptr ? row.read(host) : reading(host.number(row.collector, row.path));
}

std::span<const AnomalyRule> anomaly_rules() {
  static const auto rules = [] {
    std::array<AnomalyRule, kRows.size()> all;
    std::transform(kRows.begin(), kRows.end(), all.begin(),
                   [](const RuleRow& row) { return row.rule; });
    return all;
  }();
  return rules;
}

}  // namespace melisai::gate
