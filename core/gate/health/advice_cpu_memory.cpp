#include <algorithm>

#include "core/gate/health/advice.h"
#include "core/gate/health/use.h"

namespace melisai::gate {
namespace {

constexpr std::string_view kCpu = "cpu_utilization";
constexpr std::string_view kMemory = "memory_info";

constexpr std::string_view kVmPage = "Linux: Documentation/admin-guide/sysctl/vm.rst";
constexpr std::string_view kHugePage = "Linux: Documentation/admin-guide/mm/transhuge.rst";

constexpr double kLoadMax = 2;
constexpr double kSchedLatencyMax = 24e6;  // ns
constexpr double kSwappinessMax = 30;
constexpr double kDirtyRatioMax = 20;
constexpr double kMissRatioMax = 5;  // %
constexpr double kMuchSwap = 0.2;    // of all of it
constexpr double kMuchReclaim = 20;  // pages/s

Cases load_high(const HostView& host) {
  const std::optional<double> load = load_per_cpu(host);
  if (!load || *load <= kLoadMax) return {};
  return {{*load / kLoadMax, evidence("load_avg_1 / num_cpus", *load)}};
}

Cases swapping_early(const HostView& host) {
  const double total = host.number(kMemory, "swap_total_bytes").value_or(0);
  const double used = host.number(kMemory, "swap_used_bytes").value_or(0);
  const double much = total > 0 ? kMuchSwap * total : used;
  return when_both(when_any(host, {kMemory, "swap_used_bytes"}, much),
                   when_above(host, {kMemory, "swappiness"}, kSwappinessMax));
}

// The kernel's words when all memory is used up; a cgroup that used up its own begins otherwise,
// and accounting would not help it.
constexpr std::string_view kKilled = "Out of memory: Kill";

/// Of the window, and those that the kernel's log still tells of: kills are too rare to wait for.
double out_of_memory_kills(const HostView& host) {
  double logged = 0;
  for (const HostData& entry : host.data("system_info").list("dmesg_errors"))
    logged += entry.text("message").value_or("").starts_with(kKilled) ? 1 : 0;
  return std::max({logged, host.number(kMemory, "oom_kills").value_or(0),
                   host.number("oomkill", "kills").value_or(0)});
}

// Nearly every host guesses, and most do well: only one that had to kill is told.
Cases killed_for_guesses(const HostView& host) {
  const double kills = out_of_memory_kills(host);
  if (kills < 1) return {};
  return when_both(when_equal(host, {kMemory, "overcommit_memory"}, 0),
                   {{kBegins, evidence("processes killed for want of memory", kills)}});
}

Cases huge_pages_split(const HostView& host) {
  return when_both(when_above(host, {kMemory, "reclaim.thp_split_rate"}, 1),
                   when_text(host, {kMemory, "thp_enabled"}, "always"));
}

Cases numa_misses(const HostView& host) {
  const auto worst = host.worst(kMemory, {"numa_nodes", "miss_ratio", "node"});
  if (!worst || worst->value <= kMissRatioMax) return {};
  return {
      {worst->value / kMissRatioMax, evidence("miss_ratio of " + worst->of, worst->value, "%")}};
}

const std::vector<AdviceRow> kRows = {
    {.id = "load_high",
     .category = "cpu",
     .type = "fix",
     .title = "More runnable tasks than CPUs: find out which code they run",
     .met = load_high,
     .answers = {"load_average", "cpu_utilization", "cpu_psi_pressure", "runqlat_p99"},
     .commands = {"perf record -a -g -o perf.data -- sleep 30", "perf report -i perf.data"},
     .impact = "names the functions that keep the CPUs busy",
     .source = "proc(5), /proc/loadavg"},
    {.id = "sched_latency_large",
     .category = "cpu",
     .type = "optimization",
     .title = "Shorten the turns that the scheduler gives",
     .met =
         [](const HostView& h) {
           return when_above(h, {kCpu, "sched_latency_ns"}, kSchedLatencyMax);
         },
     .answers = {"runqlat_p99"},
     .settings = {"kernel.sched_latency_ns=6000000", "kernel.sched_min_granularity_ns=750000"},
     .impact = "tasks wait less for a CPU, for more switches",
     .source = "Linux before 5.13: Documentation/scheduler/sched-design-CFS.rst"},
    {.id = "swapping_early",
     .category = "memory",
     .type = "fix",
     .title = "Keep memory of programs rather than file pages",
     .met = swapping_early,
     .answers = {"swap_usage", "memory_psi_pressure"},
     .settings = {"vm.swappiness=10"},
     .impact = "fewer waits for pages that were swapped out",
     .source = kVmPage},
    {.id = "dirty_ratio_high",
     .category = "memory",
     .type = "optimization",
     .title = "Write modified pages back sooner",
     .met =
         [](const HostView& h) {
           return when_above(h, {kMemory, "dirty_ratio"}, kDirtyRatioMax);
         },
     .answers = {"io_psi_pressure", "disk_avg_latency"},
     .settings = {"vm.dirty_ratio=10", "vm.dirty_background_ratio=5"},
     .impact = "shorter stalls of writers when memory is full of modified pages",
     .source = kVmPage},
    {.id = "overcommit_guessed",
     .category = "memory",
     .type = "fix",
     .title =
         "Account for promised memory instead of guessing (programs that reserve much may fail)",
     .met = killed_for_guesses,
     .settings = {"vm.overcommit_memory=2"},
     .impact = "allocations fail early instead of processes being killed later",
     .source = "Linux: Documentation/mm/overcommit-accounting.rst"},
    {.id = "direct_reclaim",
     .category = "memory",
     .type = "fix",
     .title = "Let the kernel free memory earlier, in the background",
     .met =
         [](const HostView& h) {
           return when_any(h, {kMemory, "reclaim.direct_reclaim_rate"}, kMuchReclaim);
         },
     .answers = {"direct_reclaim_rate", "memory_psi_pressure"},
     .settings = {"vm.watermark_scale_factor=200", "vm.min_free_kbytes=131072"},
     .impact = "programs no longer free pages themselves while they allocate",
     .source = kVmPage},
    {.id = "huge_pages_split",
     .category = "memory",
     .type = "fix",
     .title = "Give huge pages only to programs that ask for them",
     .met = huge_pages_split,
     .answers = {"thp_split_rate"},
     .commands = {"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
                  "echo defer+madvise > /sys/kernel/mm/transparent_hugepage/defrag"},
     .persistent = {"kernel command line: transparent_hugepage=madvise"},
     .impact = "no time spent on joining and splitting pages",
     .source = kHugePage},
    {.id = "numa_misses",
     .category = "memory",
     .type = "fix",
     .title = "Keep a program and its memory on one NUMA node",
     .met = numa_misses,
     .answers = {"numa_miss_ratio"},
     .commands = {"numactl --cpunodebind=0 --membind=0 PROGRAM"},
     .persistent = {"or let the kernel move pages: sysctl -w 'kernel.numa_balancing=1'"},
     .impact = "memory accesses stay on the near node",
     .source = "numactl(8), Linux: Documentation/admin-guide/numastat.rst"},
    {.id = "compaction_stalls",
     .category = "memory",
     .type = "fix",
     .title = "Defragment memory before somebody has to wait for it",
     .met =
         [](const HostView& h) {
           return when_above(h, {kMemory, "reclaim.compact_stall_rate"}, 1);
         },
     .answers = {"compaction_stall_rate"},
     .commands = {"echo 1 > /proc/sys/vm/compact_memory"},
     .settings = {"vm.extfrag_threshold=500"},
     .impact = "allocations of large pages stall less",
     .source = kVmPage},
};

}  // namespace

std::span<const AdviceRow> cpu_memory_advice() { return kRows; }

}  // namespace melisai::gate
