#include "plugins/ebpf/report.h"

#include <unistd.h>

#include <cmath>

#include "plugins/ebpf/histogram.h"

namespace melisai::plugins::ebpf {
namespace {

void put_histogram(const WindowFacts& window, ebpf_histogram histogram, std::string_view name,
                   std::string_view unit, Findings& findings) {
  findings.histograms.push_back(to_json(window.reading[histogram], name, unit, Scale::log2));
}

Findings runqlat(const WindowFacts& window) {
  Findings findings;
  const ebpf_hist& hist = window.reading[histogram_runqlat_ns];
  findings.data = {{"waits", hist.count}, {"waited_ns", hist.sum}};
  put_histogram(window, histogram_runqlat_ns, "runqlat", "ns", findings);
  put_dropped(window.reading[counter_dropped_runqlat], "waits: too many threads waited at once",
              findings);
  return findings;
}

Findings runqlen(const WindowFacts& window) {
  Findings findings;
  const ebpf_hist& hist = window.reading[histogram_runqlen];
  findings.data = {{"samples", hist.count}, {"frequency_hz", window.frequency_hz}};
  findings.histograms.push_back(to_json(hist, "runqlen", "tasks", Scale::linear));
  return findings;
}

void put_block_counts(const WindowFacts& window, Findings& findings) {
  const Reading& reading = window.reading;
  findings.data = {{"reads", reading[counter_block_reads]},
                   {"read_bytes", reading[counter_block_read_bytes]},
                   {"writes", reading[counter_block_writes]},
                   {"write_bytes", reading[counter_block_write_bytes]},
                   {"other_requests", reading[counter_block_others]}};
  put_dropped(reading[counter_dropped_blocks], "requests: too many were on their way at once",
              findings);
}

Findings biolatency(const WindowFacts& window) {
  Findings findings;
  put_block_counts(window, findings);
  for (const Disk& disk : read_disks(window.object)) {
    const std::string name = "biolatency_" + disk_name(disk.device, window.sys_root) +
                             disk_kind(disk.device, window.sys_root);
    findings.histograms.push_back(to_json(disk.latency, name, "ns", Scale::log2));
  }
  put_histogram(window, histogram_block_queue_ns, "biolatency_queue", "ns", findings);
  put_dropped(window.reading[counter_dropped_disks], "requests: to more than 64 disks", findings);
  return findings;
}

Findings biosnoop(const WindowFacts& window) {
  Findings findings;
  put_block_counts(window, findings);
  put_block_events(window, findings);
  return findings;
}

void put_dropped_sockets(const WindowFacts& window, Findings& findings) {
  put_dropped(window.reading[counter_dropped_sockets], "sockets: too many were open at once",
              findings);
}

Findings tcpconnlat(const WindowFacts& window) {
  Findings findings;
  const Reading& reading = window.reading;
  findings.data = {{"connects", reading[counter_tcp_connects]},
                   {"connects_failed", reading[counter_tcp_connects_failed]},
                   {"accepts", reading[counter_tcp_accepts]}};
  put_histogram(window, histogram_connect_ns, "tcpconnlat", "ns", findings);
  put_tcp_events(window, ebpf_tcp_connect, findings);
  put_dropped_sockets(window, findings);
  return findings;
}

Findings tcpretrans(const WindowFacts& window) {
  Findings findings;
  const Reading& reading = window.reading;
  findings.data = {{"retransmitted_segments", reading[counter_tcp_retransmits]},
                   {"retransmitted_synacks", reading[counter_tcp_synack_retransmits]}};
  put_tcp_events(window, ebpf_tcp_retransmit, findings);
  put_dropped_sockets(window, findings);
  return findings;
}

Findings tcprtt(const WindowFacts& window) {
  Findings findings;
  findings.data = {{"samples", window.reading[histogram_rtt_us].count}};
  put_histogram(window, histogram_rtt_us, "tcprtt", "us", findings);
  put_dropped_sockets(window, findings);
  return findings;
}

Findings cachestat(const WindowFacts& window) {
  Findings findings;
  const Reading& reading = window.reading;
  const std::uint64_t read = reading[counter_cache_read_pages];
  // Reading ahead adds pages that nobody read.
  const std::uint64_t misses = std::min(reading[counter_cache_missed_pages], read);
  findings.data = {{"read_pages", read},
                   {"added_pages", reading[counter_cache_added_pages]},
                   {"hits", read - misses},
                   {"misses", misses},
                   {"dirtied_folios", reading[counter_cache_dirtied_folios]},
                   {"evicted_folios", reading[counter_cache_evicted_folios]},
                   {"mmap_faults", reading[counter_cache_faults]},
                   {"mmap_mapped_pages", reading[counter_cache_mapped_pages]}};
  if (read > 0) {
    const auto of_read = [&](std::uint64_t pages) {
      return 100.0 * static_cast<double>(pages) / static_cast<double>(read);
    };
    findings.data["hit_ratio_pct"] = of_read(read - misses);
    findings.data["miss_ratio_pct"] = of_read(misses);
  }
  put_dropped(reading[counter_dropped_cache_reads], "reads: no memory to follow them", findings);
  return findings;
}

Findings execsnoop(const WindowFacts& window) {
  Findings findings;
  const Reading& reading = window.reading;
  findings.data = {{"forks", reading[counter_forks]},
                   {"execs", reading[counter_execs]},
                   {"exits", reading[counter_exits]}};
  put_exec_events(window, findings);
  return findings;
}

Findings syscount(const WindowFacts& window) {
  Findings findings;
  findings.data = {{"syscalls", window.reading[counter_syscalls]},
                   {"syscalls_32bit", window.reading[counter_syscalls_32bit]},
                   {"by_name", Json::array()}};
  for (const SyscallCount& each : read_syscall_counts(window.object))
    findings.data["by_name"].push_back(
        {{"name", syscall_name(each.number)}, {"count", each.count}});
  return findings;
}

Findings syslat(const WindowFacts& window) {
  Findings findings;
  const ebpf_hist& all = window.reading[histogram_syscall_ns];
  findings.data = {{"syscalls", all.count}, {"total_ns", all.sum}, {"by_name", Json::array()}};
  for (const SyscallTime& each : read_syscall_times(window.object)) {
    const double mean =
        static_cast<double>(each.total.total_ns) / static_cast<double>(each.total.count);
    findings.data["by_name"].push_back({{"name", syscall_name(each.number)},
                                        {"count", each.total.count},
                                        {"errors", each.total.errors},
                                        {"total_ns", each.total.total_ns},
                                        {"mean_ns", std::round(mean)},
                                        {"max_ns", each.total.max_ns}});
  }
  put_histogram(window, histogram_syscall_ns, "syslat", "ns", findings);
  put_dropped(window.reading[counter_dropped_syscalls], "calls: no memory to time them", findings);
  return findings;
}

Findings futex(const WindowFacts& window) {
  Findings findings;
  const ebpf_hist& waits = window.reading[histogram_futex_ns];
  findings.data = {{"waits", window.reading[counter_futex_waits]},
                   {"wakes", window.reading[counter_futex_wakes]},
                   {"waited_ns", waits.sum}};
  put_histogram(window, histogram_futex_ns, "futex", "ns", findings);
  put_dropped(window.reading[counter_dropped_syscalls], "calls: no memory to time them", findings);
  return findings;
}

Findings pagefaults(const WindowFacts& window) {
  Findings findings;
  findings.data = {{"user", window.reading[counter_faults_user]},
                   {"user_write", window.reading[counter_faults_user_write]},
                   {"kernel", window.reading[counter_faults_kernel]}};
  return findings;
}

Findings ctxswitch(const WindowFacts& window) {
  Findings findings;
  findings.data = {{"voluntary", window.reading[counter_switches_voluntary]},
                   {"involuntary", window.reading[counter_switches_involuntary]},
                   {"migrations", window.reading[counter_migrations]}};
  return findings;
}

Findings opens(const WindowFacts& window) {
  Findings findings;
  findings.data = {{"opens", window.reading[counter_opens]},
                   {"not_found", window.reading[counter_opens_enoent]},
                   {"other_errors", window.reading[counter_opens_failed]}};
  return findings;
}

Findings oomkill(const WindowFacts& window) {
  Findings findings;
  findings.data = {{"kills", window.reading[counter_oom_kills]}};
  put_oom_events(window, findings);
  return findings;
}

Findings pagealloc(const WindowFacts& window) {
  Findings findings;
  const std::uint64_t pages = window.reading[counter_pages_allocated];
  findings.data = {
      {"pages", pages},
      {"bytes", pages * static_cast<std::uint64_t>(std::max(sysconf(_SC_PAGESIZE), 1L))}};
  return findings;
}

Findings findings_of(Tool tool, const WindowFacts& window) {
  switch (tool) {
    case Tool::runqlat: return runqlat(window);
    case Tool::runqlen: return runqlen(window);
    case Tool::biolatency: return biolatency(window);
    case Tool::biosnoop: return biosnoop(window);
    case Tool::tcpconnlat: return tcpconnlat(window);
    case Tool::tcpretrans: return tcpretrans(window);
    case Tool::tcprtt: return tcprtt(window);
    case Tool::cachestat: return cachestat(window);
    case Tool::execsnoop: return execsnoop(window);
    case Tool::syscount: return syscount(window);
    case Tool::syslat: return syslat(window);
    case Tool::pagefaults: return pagefaults(window);
    case Tool::ctxswitch: return ctxswitch(window);
    case Tool::futex: return futex(window);
    case Tool::opens: return opens(window);
    case Tool::oomkill: return oomkill(window);
    case Tool::pagealloc: return pagealloc(window);
    case Tool::profile:
    case Tool::offcputime: break;
  }
  return {};
}

}  // namespace

Findings report(Tool tool, const WindowFacts& window) { return findings_of(tool, window); }

void put_dropped(std::uint64_t count, const std::string& what, Findings& findings) {
  if (count > 0) findings.errors.push_back(std::to_string(count) + " missing " + what);
}

}  // namespace melisai::plugins::ebpf
