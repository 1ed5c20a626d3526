// The collector `process`: what one process tree used. The numbers that the kernel keeps exactly
// come from the root, a zombie by then, and of its memory from the moment before; the rest from
// looking at the tree while it runs.
#include <cstdint>
#include <ctime>
#include <melisai/collector.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "plugins/process/exit_watch.h"
#include "plugins/process/options.h"
#include "plugins/process/root_usage.h"
#include "plugins/process/tree_sampler.h"

namespace melisai::plugins {
namespace {

constexpr std::string_view kProc = "/proc";

// Looking at a large tree must not become part of what the tree costs: a tenth of one CPU at most.
constexpr std::int64_t kPausePerLook = 9;

std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class Process {
 public:
  // Root's files may be read by a worker of the same user and, where the tree has capabilities that
  // the worker gave up, only with CAP_SYS_PTRACE.
  static constexpr CollectorInfo kInfo{.name = "process",
                                       .version = "1.0.0",
                                       .capabilities = "CAP_SYS_PTRACE",
                                       .sample_interval_ms = 50};
  static constexpr MetricInfo kMetrics[] = {
      {"cpu_time", "ns", BetterWhen::lower, 4, "CPU time of the root and all it waited for",
       "/proc/PID/stat, fields 14 to 17"},
      {"user_time", "ns", BetterWhen::lower, 4, "CPU time outside the kernel",
       "/proc/PID/stat, fields 14 and 16"},
      {"system_time", "ns", BetterWhen::lower, 4, "CPU time in the kernel",
       "/proc/PID/stat, fields 15 and 17"},
      {"minor_faults", "count", BetterWhen::lower, 2, "page faults without reading from a disk",
       "/proc/PID/stat, fields 10 and 11"},
      {"major_faults", "count", BetterWhen::lower, 4, "page faults that waited for a disk",
       "/proc/PID/stat, fields 12 and 13"},
      {"rchar", "B", BetterWhen::lower, 1, "bytes asked for by read and its like",
       "/proc/PID/io, rchar"},
      {"wchar", "B", BetterWhen::lower, 1, "bytes handed to write and its like",
       "/proc/PID/io, wchar"},
      {"read_bytes", "B", BetterWhen::lower, 4, "bytes fetched from a disk",
       "/proc/PID/io, read_bytes"},
      {"write_bytes", "B", BetterWhen::lower, 4, "bytes to be written to a disk",
       "/proc/PID/io, write_bytes"},
      {"run_delay", "ns", BetterWhen::lower, 4, "time that the threads seen waited for a CPU",
       "/proc/PID/task/TID/schedstat, field 2"},
      {"threads_max", "count", BetterWhen::lower, 4, "most threads at once",
       "/proc/PID/stat, field 20"},
      {"processes_max", "count", BetterWhen::lower, 4, "most processes at once",
       "/proc/PID/task/TID/children"},
      {"tree_rss_max", "B", BetterWhen::lower, 4,
       "largest sum of resident memory; shared pages count once per process",
       "/proc/PID/stat, field 24"},
      {"peak_rss", "B", BetterWhen::lower, 4, "largest resident memory of one process",
       "/proc/PID/status, VmHWM, in looks and as the root ends"},
      {"address_space_peak", "B", BetterWhen::lower, 2, "largest address space of the root",
       "/proc/PID/status, VmPeak, as the root ends"},
      {"anonymous_at_exit", "B", BetterWhen::lower, 2,
       "memory of the root that is no file's, as it ends",
       "/proc/PID/status, RssAnon, as the root ends"},
      {"proportional_at_exit", "B", BetterWhen::lower, 2,
       "resident memory of the root as it ends; of shared pages its part",
       "/proc/PID/smaps_rollup, Pss, as the root ends"},
      {"samples", "count", BetterWhen::unknown, 4, "how often the living tree was looked at",
       "the collector itself"}};

  Process(Host host, std::string_view config_json)
      : host_(host), traces_exit_(parse_process_options(config_json).trace_exit) {}

  void start(const Target& target) {
    usage_.reset();
    sampler_.reset();
    exit_.reset();
    if (target.root_pid <= 0) {
      host_.debug("process: no tree to observe, no numbers");
      return;
    }
    const std::string directory = std::string(kProc) + "/" + std::to_string(target.root_pid);
    usage_.emplace(directory);
    if (!usage_->readable())
      warn(directory + "/stat cannot be read, no times and faults");
    else if (!usage_->io_readable())
      warn(directory +
           "/io cannot be read, no bytes; run as the user of the tree or give the worker "
           "CAP_SYS_PTRACE");
    sampler_.emplace(std::string(kProc), target.root_pid, usage_->run_delay_ns().value_or(0));
    next_look_ns_ = 0;
    if (traces_exit_) exit_.emplace(target.root_pid, rights_may_change(target.root_pid));
  }

  void sample() {
    if (!sampler_ || clock_ns(CLOCK_MONOTONIC) < next_look_ns_) return;
    const std::int64_t begin_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    sampler_->sample();
    const std::int64_t cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns;
    next_look_ns_ = clock_ns(CLOCK_MONOTONIC) + kPausePerLook * cost_ns;
  }

  void stop(Emitter& emitter) {
    if (!usage_) return;
    if (exit_) finish_exit(emitter);
    for (const Number& number : usage_->since_start()) emitter.emit(number.name, number.value);
    for (const Number& number : sampler_->result(usage_->run_delay_ns()))
      emitter.emit(number.name, number.value);
    usage_.reset();
    sampler_.reset();
    exit_.reset();
  }

 private:
  void finish_exit(Emitter& emitter) {
    const ExitReport report = exit_->finish();
    for (const Number& number : numbers_of(report)) emitter.emit(number.name, number.value);
    // Of a tree that no look has seen the largest process may have been a child.
    if (report.end == WatchEnd::seen && (sampler_->samples() > 0 || !report.had_children))
      sampler_->saw_peak(report.resident_peak);
    // The next program would lose its rights, too.
    if (report.end == WatchEnd::rights_withheld) traces_exit_ = false;
    const std::string reason = why_missing(report);
    if (!reason.empty() && told_.insert(report.end).second) host_.warning("process: " + reason);
  }

  // Once: the next window would say the same.
  void warn(const std::string& text) {
    if (!warned_) host_.warning("process: " + text);
    warned_ = true;
  }

  Host host_;
  bool traces_exit_;
  std::set<WatchEnd> told_;  // each reason once
  bool warned_ = false;
  std::int64_t next_look_ns_ = 0;
  std::optional<RootUsage> usage_;
  std::optional<TreeSampler> sampler_;
  std::optional<ExitWatch> exit_;
};

}  // namespace
}  // namespace melisai::plugins

MELISAI_COLLECTOR(melisai::plugins::Process)
