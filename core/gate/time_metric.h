// Which of wall and CPU time gates a benchmark. Private to core/gate.
#pragma once

#include <span>
#include <string>

#include "core/model/metric.h"

namespace melisai::gate {

struct TimeChoice {
  std::string metric;  ///< "wall_time", "cpu_time", or "" when no time metric exists on both sides
  std::string why;     ///< for people
  bool is_certain = true;  ///< false: another warm-up pair may show that nothing waits
};

/// CPU time is quieter, so it gates where it is the whole story: one busy thread on both sides.
/// Users of a program that waits or runs in parallel feel wall time. Standing in line for a CPU and
/// what a hypervisor took are the machine's doing, not the program's, and do not count as waiting.
/// `warm_ups`: one or more pairs of the benchmark's process; the first says which metrics exist,
/// and of each side the reading with the least waiting counts.
TimeChoice choose_time_metric(std::span<const Pair> warm_ups, const std::string& benchmark);

}  // namespace melisai::gate
