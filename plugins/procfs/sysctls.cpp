#include "plugins/procfs/sysctls.h"

#include <algorithm>

namespace melisai::plugins::procfs {
namespace {

struct Sysctl {
  std::string_view name;
  std::string_view file;  // below sys/net/
  bool text = false;
};

constexpr Sysctl kSysctls[] = {
    {"congestion_control", "ipv4/tcp_congestion_control", true},
    {"tcp_rmem", "ipv4/tcp_rmem", true},
    {"tcp_wmem", "ipv4/tcp_wmem", true},
    {"tcp_mem", "ipv4/tcp_mem", true},
    {"somaxconn", "core/somaxconn"},
    {"tcp_max_syn_backlog", "ipv4/tcp_max_syn_backlog"},
    {"tcp_tw_reuse", "ipv4/tcp_tw_reuse"},
    {"tcp_max_tw_buckets", "ipv4/tcp_max_tw_buckets"},
    {"tcp_keepalive_time", "ipv4/tcp_keepalive_time"},
    {"tcp_keepalive_intvl", "ipv4/tcp_keepalive_intvl"},
    {"tcp_keepalive_probes", "ipv4/tcp_keepalive_probes"},
    {"netdev_budget", "core/netdev_budget"},
    {"netdev_budget_usecs", "core/netdev_budget_usecs"},
    {"netdev_max_backlog", "core/netdev_max_backlog"},
    {"rmem_max", "core/rmem_max"},
    {"wmem_max", "core/wmem_max"},
    {"ip_local_port_range", "ipv4/ip_local_port_range", true},
    {"tcp_fin_timeout", "ipv4/tcp_fin_timeout"},
    {"tcp_slow_start_after_idle", "ipv4/tcp_slow_start_after_idle"},
    {"tcp_fastopen", "ipv4/tcp_fastopen"},
    {"tcp_syncookies", "ipv4/tcp_syncookies"},
    {"tcp_notsent_lowat", "ipv4/tcp_notsent_lowat"},
    {"default_qdisc", "core/default_qdisc", true},
    {"tcp_mtu_probing", "ipv4/tcp_mtu_probing"},
    {"arp_gc_thresh1", "ipv4/neigh/default/gc_thresh1"},
    {"arp_gc_thresh2", "ipv4/neigh/default/gc_thresh2"},
    {"arp_gc_thresh3", "ipv4/neigh/default/gc_thresh3"},
};

constexpr std::size_t kTextMax = 256;

// What no kernel writes here gives nothing.
std::optional<std::string> words_of(const std::string& path) {
  const std::string content = read_text(path, kTextMax).value_or("");
  std::string text;
  for (const std::string_view word : words(content)) {
    if (!std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c <= '~'; }))
      return std::nullopt;
    text.append(text.empty() ? "" : " ").append(word);
  }
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Json network_sysctls(const std::string& proc_root) {
  Json data = Json::object();
  for (const Sysctl& sysctl : kSysctls) {
    const std::string path = proc_root + "/sys/net/" + std::string(sysctl.file);
    if (sysctl.text)
      put(data, sysctl.name, words_of(path));
    else
      put_count(data, sysctl.name, path);
  }
  return data;
}

}  // namespace melisai::plugins::procfs
