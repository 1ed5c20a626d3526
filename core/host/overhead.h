// What watching costs: CPU time, memory, I/O and context switches of the gate, of every worker and
// of what those started. What is watched does not count.
#pragma once

#include <cstdint>
#include <string>

#include "core/model/host_report.h"

namespace melisai::host {

class OverheadProbe {
 public:
  /// Of this process; begins at once. `proc_root` for tests.
  explicit OverheadProbe(std::int64_t self_pid, std::string proc_root = "/proc");

  /// Since the beginning, with all that is still running now: to be asked while the workers live
  /// and the observed program has ended.
  ObserverOverhead so_far() const;

 private:
  ObserverOverhead reading() const;

  std::int64_t self_pid_;
  std::string proc_root_;
  ObserverOverhead start_;
};

}  // namespace melisai::host
