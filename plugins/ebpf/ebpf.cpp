// The collector `ebpf`: what programs in the kernel see of a process tree or of the host. Counts in
// every window around a tree; the tools of a profile where they are wanted.
#include <array>
#include <melisai/collector.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/ebpf/options.h"
#include "plugins/ebpf/support.h"
#include "plugins/ebpf/tools.h"
#include "plugins/ebpf/window.h"

namespace melisai::plugins::ebpf {
namespace {

constexpr int kNativeTier = 3;

constexpr std::array<PartInfo, kToolCount> declared_parts() {
  std::array<PartInfo, kToolCount> parts{};
  for (std::size_t i = 0; i < kToolCount; ++i)
    parts[i] = {kTools[i].name, kTools[i].category, kNativeTier};
  return parts;
}

// Asked for before there is an instance, and the same as long as the kernel is.
const Support& support() {
  static const Support kSupport = probe_kernel();
  return kSupport;
}

constexpr std::string_view kNeeds = "CAP_BPF CAP_PERFMON";

class Ebpf {
 public:
  // CAP_SYSLOG: addresses of the kernel's functions. CAP_SYS_PTRACE: where files lie in the memory
  // of processes that were there before.
  static constexpr CollectorInfo kInfo{
      .name = "ebpf",
      .version = "1.0.0",
      .capabilities = "CAP_BPF CAP_PERFMON CAP_SYSLOG CAP_SYS_PTRACE",
      .sample_interval_ms = 200};
  static constexpr auto kParts = declared_parts();
  static constexpr MetricInfo kMetrics[] = {
      {"syscalls", "count", BetterWhen::lower, 1, "system calls", "tp_btf/sys_enter", kNeeds},
      {"opens", "count", BetterWhen::lower, 1, "files opened, or tried to", "tp_btf/sys_exit",
       kNeeds},
      {"opens_not_found", "count", BetterWhen::lower, 1, "opens of files that do not exist",
       "tp_btf/sys_exit, ENOENT", kNeeds},
      {"forks", "count", BetterWhen::lower, 1, "processes started", "tp_btf/sched_process_fork",
       kNeeds},
      {"execs", "count", BetterWhen::lower, 1, "programs executed, the first included",
       "tp_btf/sched_process_exec", kNeeds},
      {"page_faults_user", "count", BetterWhen::lower, 2, "page faults of code outside the kernel",
       "tp_btf/page_fault_user", kNeeds},
      {"page_faults_kernel", "count", BetterWhen::lower, 4, "page faults of the kernel on behalf",
       "tp_btf/page_fault_kernel", kNeeds},
      {"pages_allocated", "count", BetterWhen::lower, 4, "pages that the kernel gave",
       "tp_btf/mm_page_alloc", kNeeds},
      {"page_cache_read_pages", "count", BetterWhen::lower, 2, "pages read through the page cache",
       "tp_btf/mm_filemap_get_pages", kNeeds},
      {"page_cache_added_pages", "count", BetterWhen::lower, 4, "pages that it did not have",
       "tp_btf/mm_filemap_add_to_page_cache", kNeeds},
      {"switches_voluntary", "count", BetterWhen::lower, 4, "CPUs given up to wait",
       "tp_btf/sched_switch", kNeeds},
      {"switches_involuntary", "count", BetterWhen::lower, 4, "CPUs taken away",
       "tp_btf/sched_switch", kNeeds},
      {"migrations", "count", BetterWhen::lower, 4, "moves of a thread to another CPU",
       "tp_btf/sched_migrate_task", kNeeds},
      {"futex_waits", "count", BetterWhen::lower, 4, "waits for a lock that went to the kernel",
       "tp_btf/sys_enter, futex", kNeeds},
      {"futex_wakes", "count", BetterWhen::lower, 4, "wake-ups of those who wait",
       "tp_btf/sys_enter, futex", kNeeds},
      {"block_reads", "count", BetterWhen::lower, 4, "reads of disks", "tp_btf/block_rq_complete",
       kNeeds},
      {"block_read_bytes", "B", BetterWhen::lower, 4, "bytes read from disks",
       "tp_btf/block_rq_complete", kNeeds},
      {"block_writes", "count", BetterWhen::lower, 4, "writes to disks that it waited for",
       "tp_btf/block_rq_complete", kNeeds},
      {"block_write_bytes", "B", BetterWhen::lower, 4, "bytes written to disks likewise",
       "tp_btf/block_rq_complete", kNeeds},
      {"tcp_connects", "count", BetterWhen::lower, 1, "TCP connections made",
       "tp_btf/inet_sock_set_state", kNeeds},
      {"tcp_accepts", "count", BetterWhen::lower, 1, "TCP connections taken on its ports",
       "tp_btf/inet_sock_set_state", kNeeds},
      {"tcp_retransmits", "count", BetterWhen::lower, 4, "TCP segments sent again",
       "tp_btf/tcp_retransmit_skb", kNeeds},
      {"oom_kills", "count", BetterWhen::lower, 4, "processes killed for want of memory",
       "tp_btf/mark_victim", kNeeds}};

  Ebpf(Host host, std::string_view config_json)
      : host_(host), options_(parse_options(config_json)) {}

  static std::string unavailable() { return support().nothing_works(); }
  static std::string part_unavailable(std::string_view part) {
    for (const ToolInfo& info : kTools)
      if (info.name == part) return support().reasons[index(info.tool)];
    return "";
  }

  void start(const Target& target) {
    window_.reset();
    ToolSet wanted;
    for (const ToolInfo& info : kTools) wanted.set(index(info.tool), target.wants(info.name));
    if (target.root_pid <= 0 && options_.other_root) {
      host_.warning("ebpf: sees this machine only, and another /proc or /sys was asked for");
      return;
    }
    if (target.root_pid <= 0 && wanted.none()) return;
    window_.emplace(
        WindowSettings{.wanted = wanted, .root_pid = target.root_pid, .options = options_},
        support());
  }

  void sample() {
    if (window_) window_->sample();
  }

  void stop(Emitter& emitter) {
    if (!window_) return;
    const bool all = window_->end(
        [&](std::string_view name, double value) { emitter.emit(name, value); },
        [&](std::string_view part, const std::string& json) { emitter.result(part, json); });
    if (!all) host_.warning("ebpf: more processes than it can follow; the numbers are left out");
    window_.reset();
  }

 private:
  Host host_;
  Options options_;
  std::optional<Window> window_;
};

}  // namespace
}  // namespace melisai::plugins::ebpf

MELISAI_COLLECTOR(melisai::plugins::ebpf::Ebpf)
