// CPU, memory, disks, containers, devices.
#include "core/host/anomaly_texts.h"

namespace melisai::host {
namespace {

constexpr std::array<AnomalyText, 24> kTexts = {{
    {"cpu_utilization",
     "The CPUs were hardly idle. That is what a CPU-bound benchmark should do; it is a problem "
     "when the machine also has to answer quickly, or when nobody expected this load.",
     {"a program that computes, as intended", "a loop that polls instead of waiting",
      "work for the kernel: interrupts, encryption, copying (system or softirq time is high)",
      "neighbours on the same machine"},
     {"user_pct against system_pct and softirq_pct in cpu_utilization",
      "top_by_cpu in process_info: who it is", "perf top, or a flame graph of the busiest one"}},
    {"cpu_iowait",
     "CPUs were idle while a task waited for storage: with faster storage, or less of it, they "
     "would have had something to do. Low iowait proves nothing: another task may have used the "
     "CPU meanwhile.",
     {"a slow or overloaded disk", "reading files for the first time (cold page cache)",
      "synchronous writes, such as fsync after every record", "swapping"},
     {"disk_stats: utilization_pct and avg_latency_ms of each device",
      "swap_in_pages_per_sec and major_faults_per_sec in memory_info",
      "pidstat -d: which process reads and writes"}},
    {"load_average",
     "Many tasks per CPU were running, ready to run, or in uninterruptible sleep, averaged over "
     "about a minute. It moves slowly: it also tells of what ended a minute ago.",
     {"more threads that compute than CPUs", "tasks stuck in storage or network file systems",
      "a burst that is over"},
     {"running in process_info, and states R and D in top_by_cpu",
      "cpu_psi_pressure and io_psi_pressure: which of the two they wait for",
      "load_avg_1 against load_avg_15: does it grow or fade?"}},
    {"runqlat_p99",
     "One wake-up in a hundred waited this long until a CPU was free: felt as latency by every "
     "request that needs several wake-ups.",
     {"more runnable threads than CPUs", "a CPU limit of the container",
      "threads pinned to few CPUs", "a real-time or high-priority task in front"},
     {"load per CPU and cpu_psi_pressure", "cpu_throttling for containers",
      "taskset -p and cpuset.cpus of the slow process"}},
    {"cpu_psi_pressure",
     "In the last ten seconds at least one task was ready and had no CPU for this share of the "
     "time. Unlike utilization it counts only what was really delayed.",
     {"more runnable threads than CPUs", "a CPU limit (cgroup quota)",
      "short bursts that all start together"},
     {"psi_some_window_pct in cpu_utilization: the same for this window alone",
      "cpu.pressure of the cgroups: whose tasks wait", "cpu_throttling"}},
    {"memory_utilization",
     "Little memory is left that the kernel could hand out without swapping or stopping "
     "somebody. Page cache counts as free here, because it can be dropped.",
     {"a working set larger than the machine", "a leak: it grows from report to report",
      "tmpfs or shared memory nobody removes", "huge pages reserved and not used"},
     {"top_by_mem in process_info", "available_bytes over time (two reports, compared)",
      "Shmem and SUnreclaim in /proc/meminfo"}},
    {"swap_usage",
     "Part of what programs use lies on disk. Pages that never come back are harmless; pages "
     "that do cost a disk access each.",
     {"memory was short some time ago", "memory is short now",
      "a high vm.swappiness beside a large page cache"},
     {"swap_in_pages_per_sec: is anybody waiting for it now?", "memory_utilization",
      "VmSwap in /proc/PID/status: whose pages"}},
    {"memory_psi_pressure",
     "In the last ten seconds tasks were stalled on memory for this share of the time: they "
     "reclaimed pages, or waited for pages that had been thrown out.",
     {"a working set above memory or above the cgroup's limit", "swapping",
      "many programs that read large files beside one that needs its cache"},
     {"psi_full_10: everybody stalled at once", "direct_reclaim_rate and major_faults_per_sec",
      "memory.pressure and memory.events of the cgroups"}},
    {"direct_reclaim_rate",
     "Programs that asked for memory had to free pages themselves before they got any; the "
     "background reclaim was too late. Each time is a delay in the middle of an allocation.",
     {"allocation in bursts",
      "too small a reserve (vm.min_free_kbytes, "
      "vm.watermark_scale_factor)",
      "memory that is simply full", "a memory limit of a cgroup"},
     {"pgscan_kswapd against pgscan_direct in reclaim", "memory_utilization",
      "allocstall_* in reclaim: which zone"}},
    {"compaction_stall_rate",
     "Programs waited while the kernel moved pages to make room for a larger contiguous block, "
     "mostly for huge pages.",
     {"transparent huge pages set to always, with fragmented memory",
      "large network or driver "
      "buffers",
      "little free memory"},
     {"thp_enabled and thp_defrag in memory_info", "buddy_info: few blocks of high order",
      "compact_fail against compact_success"}},
    {"thp_split_rate",
     "Huge pages were broken up into small ones. The work is small, but the program loses the "
     "cheaper address translation that it had.",
     {"swapping or reclaim of huge pages", "programs that free or protect parts of them",
      "many short-lived processes that fork"},
     {"thp_fault_alloc and thp_collapse_alloc: how many are made", "swap_out_pages_per_sec",
      "whether the allocator of the program knows huge pages"}},
    {"numa_miss_ratio",
     "This share of a node's allocations in the window was meant for another node that had no "
     "room: that memory is now farther away from its CPU.",
     {"one node is full while another is free",
      "a program that starts on one node and runs on "
      "all",
      "memory binding that is stricter than placement of CPUs"},
     {"numa_nodes: mem_free_bytes of each node", "numastat -p PID", "numactl --hardware"}},
    {"cache_miss_ratio",
     "This share of look-ups in the page cache missed and went to storage.",
     {"data that is read once", "a working set larger than the memory left for the cache",
      "a cache that was just dropped, or a machine that just started"},
     {"cached_bytes in memory_info", "read_bytes_per_sec in disk_stats",
      "memory_utilization: what leaves no room"}},
    {"cpu_saturation",
     "There was more to run than CPUs to run it on: the saturation of the resource cpu, load per "
     "CPU above one. The health score takes points for it beside utilization.",
     {"more busy threads than CPUs", "tasks that wait for disks count in the load too",
      "a burst in the last minutes"},
     {"cpu_psi_pressure and runqlat_p99: is anybody really delayed?", "load_average",
      "top_by_cpu in process_info"}},
    {"memory_saturation",
     "More memory is wanted than there is: the saturation of the resource memory, the used share "
     "of swap. Without swap it stays 0, and pressure shows it instead.",
     {"a working set above memory", "a leak", "old pages that nobody needs any more"},
     {"memory_psi_pressure", "swap_in_pages_per_sec in memory_info", "top_by_mem"}},
    {"disk_utilization",
     "A disk had at least one request in flight for this share of the window. One that serves "
     "many at once (SSD, RAID, cloud volume) can be at 100 % and still have room.",
     {"real work of an application", "write-back of what was written before", "swapping",
      "backup, indexing, log rotation"},
     {"avg_in_flight against queue_depth: is there a queue?", "avg_latency_ms of the device",
      "pidstat -d or iotop: who"}},
    {"disk_avg_latency",
     "A request to the worst disk took this long on average, queueing included.",
     {"a queue: more requests than the device serves", "small random access on a rotating disk",
      "the credit or IOPS limit of a cloud volume", "a device that fails (see dmesg_errors)"},
     {"avg_in_flight: latency with a short queue is the device's own",
      "read_ops and write_ops per second against the volume's limit",
      "dmesg_errors in system_info, smartctl -a"}},
    {"biolatency_p99_ssd",
     "One request in a hundred to an SSD took this long. Averages hide such waits; fsync and "
     "databases feel them.",
     {"bursts of write-back in front of reads", "the drive collects garbage or is nearly full",
      "a volume limit", "an I/O scheduler that does not fit"},
     {"disk_avg_latency: is it all requests or few?", "dirty_bytes and vm.dirty_ratio",
      "fstrim, the drive's fill level, scheduler in disk_stats"}},
    {"biolatency_p99_hdd",
     "One request in a hundred to a rotating disk took this long: the head had far to go, or "
     "many requests were in front.",
     {"random access from several programs at once", "a deep queue of writes",
      "sectors that the drive has to read again"},
     {"avg_in_flight in disk_stats", "dmesg_errors in system_info, smartctl -a",
      "whether this data belongs on an SSD"}},
    {"io_psi_pressure",
     "In the last ten seconds tasks were stalled on storage for this share of the time.",
     {"a slow or overloaded device", "synchronous writes", "cold caches after a start",
      "io.max or io.weight of a cgroup"},
     {"psi_some_window_pct in disk_stats", "disk_utilization and disk_avg_latency",
      "io.pressure of the cgroups: whose tasks wait"}},
    {"disk_latency",
     "Storage answers slowly. Three rules look at it: disk_avg_latency (mean of the worst disk), "
     "biolatency_p99_ssd and biolatency_p99_hdd (the slowest hundredth, by kind of disk).",
     {"a queue in front of the device", "a limit of the volume", "a device near its end"},
     {"explain_anomaly of those three", "io_psi_pressure: does anybody wait for it?",
      "devices in disk_stats"}},
    {"cpu_throttling",
     "In so many periods of the window the container had used up its CPU limit and was stopped "
     "until the next one, also while CPUs of the machine were idle. Felt as latency in steps of "
     "a period, usually 100 ms.",
     {"a limit below what the program needs at its peak",
      "many threads that use the quota up at once (a runtime that counts the machine's CPUs)",
      "start-up and garbage collection"},
     {"cpu_throttled_periods of cpu_periods, cpu_quota and cpu_period in container_info",
      "threads of the program against the limit (GOMAXPROCS, -XX:ActiveProcessorCount)",
      "runqlat_p99"}},
    {"container_memory_usage",
     "The container is close to its memory limit. Page cache counts and can be dropped; when the "
     "rest reaches the limit a process is killed.",
     {"a working set near the limit", "a leak", "a cache of the program that knows no limit",
      "files in tmpfs or emptyDir"},
     {"memory.stat: anon against file", "memory.events: high, max, oom_kill",
      "memory_psi_pressure"}},
    {"gpu_nic_cross_numa",
     "A GPU and a network card that may work together hang on different NUMA nodes: data between "
     "them crosses the link of the sockets, which costs bandwidth and latency.",
     {"slots chosen without regard to the nodes",
      "a job that was given devices of both nodes (it is harmless when they do not talk)"},
     {"cross_numa_pairs in gpu_pcie", "nvidia-smi topo -m, lspci -tv",
      "numactl or the scheduler's topology policy: keep a job on one node"}},
}};

}  // namespace

std::span<const AnomalyText> local_texts() { return kTexts; }

}  // namespace melisai::host
