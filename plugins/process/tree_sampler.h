// Looks at a tree of processes from time to time and keeps the largest values seen. A process that
// was once seen in the tree stays in it until it ends, also when its parent is gone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plugins/common/proc.h"

namespace melisai::plugins {

// Of one look. Processes and threads beyond them are not counted.
constexpr std::size_t kProcessesMax = 4096;
constexpr std::size_t kThreadsMax = 4096;

class TreeSampler {
 public:
  /// `proc` is the directory /proc, `root_delay_ns` what the root's first thread had already
  /// waited for a CPU.
  TreeSampler(std::string proc, std::int64_t root, std::int64_t root_delay_ns);

  void sample();
  std::int64_t samples() const { return samples_; }  ///< looks that saw the tree alive

  /// What else is known of the largest resident memory of one process.
  void saw_peak(std::int64_t kib);

  /// Largest values and how many looks saw the tree alive; without one, only `samples` and what
  /// was known otherwise.
  /// `root_delay_ns` is the last word on the root's first thread, nothing when nobody knows it.
  std::vector<Number> result(std::optional<std::int64_t> root_delay_ns) const;

 private:
  struct Look {
    std::unordered_map<std::int64_t, std::int64_t> processes;   // number -> start time
    std::unordered_map<std::int64_t, std::int64_t> run_delays;  // thread -> ns
    std::vector<std::int64_t> waiting;                          // numbers to visit
    std::multimap<std::int64_t, std::int64_t> children;         // where the kernel has no list
    std::int64_t threads = 0;
    std::int64_t resident_pages = 0;
  };
  void visit_all(Look& look);
  void visit_waiting(Look& look);
  void visit(std::int64_t process, Look& look);
  void visit_thread(std::int64_t process, std::int64_t thread, Look& look);
  void keep(Look look);
  std::optional<ProcessStat> stat_of(std::int64_t process) const;
  std::string path(std::int64_t process, std::string_view file) const;

  std::string proc_;
  std::int64_t root_;
  std::int64_t root_delay_before_ns_;
  bool kernel_lists_children_;
  std::unordered_map<std::int64_t, std::int64_t> processes_;   // of the last look
  std::unordered_map<std::int64_t, std::int64_t> run_delays_;  // of the last look
  std::int64_t ended_delay_ns_ = 0;                            // of threads that were seen to end
  std::int64_t samples_ = 0;
  std::int64_t threads_max_ = 0;
  std::int64_t processes_max_ = 0;
  std::int64_t resident_pages_max_ = 0;
  std::int64_t peak_kib_ = 0;
};

}  // namespace melisai::plugins
