// The tools of the plugin: what each is called, and which BPF programs and maps it needs. A table;
// what a tool makes of its numbers is in report.cpp.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <span>
#include <string_view>

namespace melisai::plugins::ebpf {

// The eleven of melisai first, in the order of kTools.
enum class Tool {
  runqlat,
  runqlen,
  biolatency,
  biosnoop,
  tcpconnlat,
  tcpretrans,
  tcprtt,
  profile,
  offcputime,
  cachestat,
  execsnoop,
  syscount,
  syslat,
  pagefaults,
  ctxswitch,
  futex,
  opens,
  oomkill,
  pagealloc
};
inline constexpr std::size_t kToolCount = 19;

using ToolSet = std::bitset<kToolCount>;

constexpr std::size_t index(Tool tool) { return static_cast<std::size_t>(tool); }
inline bool contains(const ToolSet& tools, Tool tool) { return tools.test(index(tool)); }
template <typename... Each>
ToolSet tool_set(Each... each) {
  ToolSet tools;
  (tools.set(index(each)), ...);
  return tools;
}

struct ToolInfo {
  Tool tool;
  std::string_view name;      // of the part
  std::string_view category;  // of the report
  std::array<std::string_view, 6> programs;
  std::array<std::string_view, 5> maps;  // beside those that all need
};

inline constexpr std::array<ToolInfo, kToolCount> kTools = {{
    {Tool::runqlat,
     "runqlat",
     "cpu",
     {"runqlat_wakeup", "runqlat_wakeup_new", "runqlat_switch"},
     {"runnable_since"}},
    {Tool::runqlen, "runqlen", "cpu", {"runqlen_tick"}, {}},
    {Tool::biolatency,
     "biolatency",
     "disk",
     {"block_start", "block_issue", "block_complete"},
     {"block_requests", "disks", "block_events"}},
    {Tool::biosnoop,
     "biosnoop",
     "disk",
     {"block_start", "block_issue", "block_complete"},
     {"block_requests", "disks", "block_events"}},
    {Tool::tcpconnlat,
     "tcpconnlat",
     "network",
     {"tcp_state"},
     {"tcp_begins", "tcp_owners", "tcp_ports", "tcp_events"}},
    {Tool::tcpretrans,
     "tcpretrans",
     "network",
     {"tcp_state", "tcpretrans_segment", "tcpretrans_synack"},
     {"tcp_begins", "tcp_owners", "tcp_ports", "tcp_events"}},
    {Tool::tcprtt,
     "tcprtt",
     "network",
     {"tcp_state", "tcprtt_probe"},
     {"tcp_begins", "tcp_owners", "tcp_ports", "tcp_events"}},
    {Tool::profile,
     "profile",
     "stacktrace",
     {"profile_tick"},
     {"stack_traces", "more_traces", "stack_tops", "stack_totals"}},
    {Tool::offcputime,
     "offcputime",
     "stacktrace",
     {"offcputime_switch"},
     {"stack_traces", "more_traces", "stack_tops", "stack_totals", "off_cpus"}},
    {Tool::cachestat,
     "cachestat",
     "memory",
     {"cachestat_read", "cachestat_add", "cachestat_fault", "cachestat_map", "cachestat_dirty",
      "cachestat_evict"},
     {"cache_uses"}},
    {Tool::execsnoop,
     "execsnoop",
     "process",
     {"track_exec", "execsnoop_exit"},
     {"exec_times", "exec_events"}},
    {Tool::syscount, "syscount", "process", {"syscall_enter"}, {"syscall_counts"}},
    {Tool::syslat,
     "syslat",
     "process",
     {"syscall_enter", "syscall_exit"},
     {"syscall_begins", "syscall_times"}},
    {Tool::pagefaults, "pagefaults", "memory", {"pagefaults_user", "pagefaults_kernel"}, {}},
    {Tool::ctxswitch, "ctxswitch", "cpu", {"ctxswitch_switch", "ctxswitch_migrate"}, {}},
    {Tool::futex, "futex", "process", {"syscall_enter", "syscall_exit"}, {"futex_begins"}},
    {Tool::opens, "opens", "process", {"syscall_exit"}, {}},
    {Tool::oomkill, "oomkill", "memory", {"oomkill_victim"}, {"oom_events"}},
    {Tool::pagealloc, "pagealloc", "memory", {"pagealloc_alloc"}, {}},
}};

// Always there.
inline constexpr std::array<std::string_view, 3> kTrackers = {"track_exec", "track_fork",
                                                              "track_free"};
inline constexpr std::array<std::string_view, 3> kSharedMaps = {"processes", "counters",
                                                                "histograms"};
// A kernel that lacks it is made up for (bpf/block.h).
inline constexpr std::string_view kOptionalProgram = "block_start";

}  // namespace melisai::plugins::ebpf
