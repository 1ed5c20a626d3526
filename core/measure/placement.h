// CPU placement: which CPU both halves of a pair use, and where the gate itself goes meanwhile.
#pragma once

#include <string>
#include <vector>

#include "core/base/process.h"
#include "core/base/rng.h"
#include "core/model/project.h"

namespace melisai::measure {

/// CPUs that this process may use, ascending.
std::vector<int> usable_cpus();

/// How the pairs of one benchmark are placed. `reason` is shown in the report.
struct Placement {
  bool one_cpu = false;    ///< a CPU drawn per pair
  std::vector<int> fixed;  ///< else all halves on these; empty: anywhere
  std::string reason;
};

/// The decision after a warm-up run of each side: single-threaded means at most one task per
/// process was seen and CPU time was at most 1.05 of wall time on both sides. Source of the limit:
/// recorded noise, where pinning parallel programs hurt.
Placement decide_placement(const Pinning& pinning, const std::vector<int>& usable,
                           const std::vector<Usage>& warm_ups);

/// The CPU for the next pair, -1 for none.
int draw_cpu(const Placement& placement, const std::vector<int>& usable, Rng& rng);

/// Moves this thread, and with it the runners that it starts, off `busy` for the lifetime of the
/// object.
class StandAside {
 public:
  StandAside(const std::vector<int>& usable, const std::vector<int>& busy);
  ~StandAside();
  StandAside(const StandAside&) = delete;
  StandAside& operator=(const StandAside&) = delete;

 private:
  std::vector<int> back_to_;
};

}  // namespace melisai::measure
