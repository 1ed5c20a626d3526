// Collect: finds collectors, runs each in a worker process of its own, opens windows around
// process trees and hands over what they saw. A collector that crashes, hangs, floods or speaks
// nonsense loses its numbers and is named; nothing else happens. One thread; every wait has a
// deadline. The orchestrator is the only caller.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/collector_config.h"
#include "core/base/process.h"
#include "core/model/collector.h"
#include "core/model/host_profile.h"
#include "core/model/host_report.h"
#include "core/model/metric.h"
#include "core/model/project.h"
#include "core/model/report.h"

namespace melisai::collect {

/// The only plugin that melisai-gate-worker-bpf loads: the installed ebpf.so, compiled in.
std::string installed_ebpf();

/// Where collectors are looked for: *.so files and executables in these directories, not below.
struct PluginPlaces {
  std::vector<std::string> directories;  ///< absolute; those that do not exist are passed over
  std::string worker;                    ///< absolute path of melisai-gate-worker
  std::string bpf_plugin = installed_ebpf();
};

/// melisai-gate-worker-bpf, beside melisai-gate-worker: its file may have the capabilities that the
/// collector ebpf needs and that this process cannot hand on.
struct BpfWorker {
  std::string program;      ///< "" where it, or the plugin that it loads, is not installed
  bool needed = false;      ///< this process has none to hand on
  bool capable = false;     ///< its file has them
  bool executable = false;  ///< by this user
  std::string void_reason;  ///< why capabilities of files count for nothing here; ""
  bool usable() const {
    return !program.empty() && needed && capable && executable && void_reason.empty();
  }
  bool operator==(const BpfWorker&) const = default;
};
BpfWorker find_bpf_worker(const PluginPlaces& places);

/// Workers of one run of the gate. As an observer it opens a window in every collector before the
/// tree's first instruction and closes it after the last process has ended.
class Collectors final : public RunObserver {
 public:
  /// Starts nothing yet.
  /// `interrupted` may be empty; while it says so, nobody is waited for any more. `config` is told
  /// to every collector; its observer_pids are filled in here. `profile` says which parts run in
  /// windows; a collector that none is wanted of, and that has no numbers, is not started.
  Collectors(PluginPlaces places, CollectOptions options, const Clock& clock,
             std::function<bool()> interrupted = {}, protocol::CollectorConfig config = {},
             HostProfile profile = {});
  ~Collectors() override;  ///< ends every worker; leaves no process and no descriptor

  /// Finds the files and starts all workers side by side; waits until each has introduced itself or
  /// options.start_max has passed. What went wrong is in results().
  void load();

  /// Of every file found, sorted by name. A required collector that was not found is `refused`
  /// with a reason. Current after every window.
  std::vector<CollectorResult> results() const;
  bool any_ready() const;  ///< at least one collector can observe

  /// One with a part that runs can observe.
  bool any_part_ready() const;
  /// A window around no tree but this whole host, of those with a part that runs.
  void open_host();
  void close_host();

  void before_exec(const ProcessTree& tree) override;
  void after_last(const ProcessTree& tree) override;
  /// Samples of the last window, in the order of results(); emptied by the call.
  std::vector<Sample> take_samples();
  /// What the parts that run saw in the last window. One whose collector was lost has an error and
  /// no data. Emptied by the call.
  HostCategories take_host_results();

 private:
  friend class QuietWatch;
  class Worker;
  struct Body;
  static bool can_observe(const Worker* worker);
  std::unique_ptr<Body> body_;
};

/// What watching costs: CPU time, memory, I/O and context switches of this process, of every worker
/// and of what those started. What is watched or measured does not count.
class OverheadProbe {
 public:
  /// Of this process; begins at once. `proc_root` for tests.
  explicit OverheadProbe(std::int64_t self_pid, std::string proc_root = "/proc");

  /// Since the beginning, with all that is still running now: to be asked while the workers live
  /// and what was observed has ended.
  ObserverOverhead so_far() const;

 private:
  ObserverOverhead reading() const;

  std::int64_t self_pid_;
  std::string proc_root_;
  ObserverOverhead start_;
};

/// Was the machine quiet while pairs were timed? Reads through the collectors that can watch, only
/// between pairs and at most once a second, so that nothing runs beside a timed half.
class QuietWatch {
 public:
  /// `collectors` must outlive the watch. Without a watching collector the watch says nothing.
  QuietWatch(Collectors& collectors, const CollectOptions& options, const Clock& clock);

  /// Before the first pair.
  void begin();

  /// One window that was found disturbed: everything measured since the last reading.
  struct Finding {
    std::string reason;  ///< "other processes used 0.62 CPUs"; "" when it was quiet or is not known
  };
  /// Between two pairs. Nothing when the last reading is less than a second ago or nobody watches;
  /// else the finding over the time since that reading, and a new window has begun.
  std::optional<Finding> reading();
  /// The same, however short the window: after the last pair.
  std::optional<Finding> last_reading();

 private:
  Collectors& collectors_;
  CollectOptions options_;
  const Clock& clock_;
  std::chrono::nanoseconds window_start_{0};
  bool open_ = false;
};

/// Why a window counts as disturbed, or "". Pure. `samples`: of collector `quiet`, metrics
/// other_cpu (CPUs), steal (ratio), memory_pressure and io_pressure (ratio), throttled (count).
std::string disturbance(const std::vector<Sample>& samples, const CollectOptions& options);

}  // namespace melisai::collect
