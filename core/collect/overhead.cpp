#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/collect/collect.h"

namespace melisai::collect {
namespace {

constexpr Bytes kProcFileMax = 64 << 10;

struct ProcessTimes {
  std::int64_t parent = 0;
  std::int64_t user_ticks = 0, system_ticks = 0;
  std::int64_t waited_user_ticks = 0, waited_system_ticks = 0;  // of children that it waited for
};

std::string text_of(const std::string& path) {
  Result<std::string> text = read_file(path, kProcFileMax);
  return text ? *std::move(text) : "";
}

/// /proc/<pid>/stat; the name may hold anything, the last ')' ends it.
ProcessTimes times_of(const std::string& directory) {
  const std::string text = text_of(directory + "/stat");
  std::istringstream fields(text.substr(std::min(text.rfind(')'), text.size() - 1) + 1));
  if (text.empty()) return {};
  std::string skipped;
  ProcessTimes times;
  fields >> skipped >> times.parent;  // 3, 4
  for (int i = 5; i <= 13; ++i) fields >> skipped;
  fields >> times.user_ticks >> times.system_ticks >> times.waited_user_ticks >>
      times.waited_system_ticks;  // 14 to 17
  return fields ? times : ProcessTimes{};
}

/// The number behind `key` at the start of a line, or 0.
std::int64_t value_of(const std::string& text, const std::string& key) {
  std::size_t at = text.starts_with(key) ? 0 : text.find("\n" + key);
  if (at == std::string::npos) return 0;
  at = text.find_first_of("0123456789", text.find(':', at));
  std::int64_t value = 0;
  if (at != std::string::npos) std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

std::map<std::int64_t, ProcessTimes> processes(const std::string& proc_root) {
  std::map<std::int64_t, ProcessTimes> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(proc_root, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    std::int64_t pid = 0;
    const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (problem == std::errc() && *rest == '\0') found[pid] = times_of(entry->path());
  }
  return found;
}

bool is_below(const std::map<std::int64_t, ProcessTimes>& all, std::int64_t pid,
              std::int64_t ancestor) {
  for (std::size_t hops = 0; hops < all.size(); ++hops) {
    const auto found = all.find(pid);
    if (found == all.end()) return false;
    pid = found->second.parent;
    if (pid == ancestor) return true;
  }
  return false;
}

/// What the kernel says of single threads only; of those that ended, nothing.
struct ThreadTotals {
  double cpu_ns = 0;
  std::int64_t context_switches = 0;
};
ThreadTotals threads_of(const std::string& directory) {
  ThreadTotals totals;
  std::error_code error;
  for (std::filesystem::directory_iterator thread(directory + "/task", error), end;
       !error && thread != end; thread.increment(error)) {
    const std::string of_thread = thread->path().native();
    double cpu_ns = 0;
    if (std::istringstream(text_of(of_thread + "/schedstat")) >> cpu_ns) totals.cpu_ns += cpu_ns;
    const std::string status = text_of(of_thread + "/status");
    totals.context_switches += value_of(status, "voluntary_ctxt_switches:") +
                               value_of(status, "nonvoluntary_ctxt_switches:");
  }
  return totals;
}

/// Of the process and of the children that it waited for, when `with_waited`. Ticks are of 10 ms,
/// far more than a collector uses between two of them, but are of all threads, also of those that
/// ended; the scheduler counts nanoseconds, but does not say whether they were user or system time.
void add_cpu(const ProcessTimes& times, double threads_ns, bool with_waited, double& user_ns,
             double& system_ns) {
  const double tick_ns = 1e9 / static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto user = static_cast<double>(times.user_ticks);
  const auto system = static_cast<double>(times.system_ticks);
  const double own_ns = std::max(threads_ns, (user + system) * tick_ns);
  const double user_share = user + system > 0 ? user / (user + system) : 0;
  user_ns += own_ns * user_share;
  system_ns += own_ns * (1 - user_share);
  if (!with_waited) return;
  user_ns += static_cast<double>(times.waited_user_ticks) * tick_ns;
  system_ns += static_cast<double>(times.waited_system_ticks) * tick_ns;
}

/// In blocks of 512 bytes. /proc/self/io also has that of children that we waited for, which is
/// mostly what was measured, and is root's when nobody may read our memory.
void add_own_io(ObserverOverhead& sum) {
  constexpr std::int64_t kBlock = 512;
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  sum.disk_read_bytes += own.ru_inblock * kBlock;
  sum.disk_write_bytes += own.ru_oublock * kBlock;
}

std::int64_t milliseconds(double ns) { return std::llround(ns / 1e6); }

}  // namespace

OverheadProbe::OverheadProbe(std::int64_t self_pid, std::string proc_root)
    : self_pid_(self_pid), proc_root_(std::move(proc_root)), start_(reading()) {}

ObserverOverhead OverheadProbe::reading() const {
  const std::map<std::int64_t, ProcessTimes> all = processes(proc_root_);
  ObserverOverhead sum{.self_pid = self_pid_};
  double user_ns = 0, system_ns = 0;
  for (const auto& [pid, times] : all) {
    const bool is_self = pid == self_pid_;
    if (!is_self && !is_below(all, pid, self_pid_)) continue;
    if (!is_self) sum.child_pids.push_back(pid);
    const std::string directory = proc_root_ + "/" + std::to_string(pid);
    // What the gate itself waited for is mostly what it measured.
    const ThreadTotals threads = threads_of(directory);
    add_cpu(times, threads.cpu_ns, !is_self, user_ns, system_ns);
    sum.context_switches += threads.context_switches;
    const std::string memory = text_of(directory + "/smaps_rollup");
    sum.memory_rss_bytes += value_of(memory, "Rss:") * 1024;
    sum.memory_pss_bytes += value_of(memory, "Pss:") * 1024;
    if (pid == getpid()) {
      add_own_io(sum);
      continue;
    }
    const std::string io = text_of(directory + "/io");
    sum.disk_read_bytes += value_of(io, "read_bytes:");
    sum.disk_write_bytes += value_of(io, "write_bytes:");
  }
  sum.cpu_user_ms = milliseconds(user_ns);
  sum.cpu_system_ms = milliseconds(system_ns);
  return sum;
}

ObserverOverhead OverheadProbe::so_far() const {
  ObserverOverhead now = reading();
  // A process that ended in between took its numbers along.
  const auto grown = [](std::int64_t from, std::int64_t to) {
    return std::max<std::int64_t>(0, to - from);
  };
  now.cpu_user_ms = grown(start_.cpu_user_ms, now.cpu_user_ms);
  now.cpu_system_ms = grown(start_.cpu_system_ms, now.cpu_system_ms);
  now.disk_read_bytes = grown(start_.disk_read_bytes, now.disk_read_bytes);
  now.disk_write_bytes = grown(start_.disk_write_bytes, now.disk_write_bytes);
  now.context_switches = grown(start_.context_switches, now.context_switches);
  return now;
}

}  // namespace melisai::collect
