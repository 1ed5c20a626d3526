// Which of wall and CPU time gates a benchmark. Private to core/gate.
#pragma once

#include <optional>
#include <string>

namespace melisai::gate {

/// Warm-up times of one benchmark, in one unit; nothing where a side does not report the metric.
struct WarmUpTimes {
  std::optional<double> base_wall;
  std::optional<double> base_cpu;
  std::optional<double> head_wall;
  std::optional<double> head_cpu;
  double base_delay = 0;  ///< ready to run, but another program had the CPU; 0 when unknown
  double head_delay = 0;
};

struct TimeChoice {
  std::string metric;  ///< "wall_time", "cpu_time", or "" when no time metric exists on both sides
  std::string why;     ///< for people
};

/// CPU time is quieter, so it gates where it is the whole story: one busy thread on both sides.
/// Users of a program that waits or runs in parallel feel wall time. Standing in line for a CPU is
/// the machine's doing, not the program's, and does not count as waiting.
TimeChoice choose_time_metric(const WarmUpTimes& times);

}  // namespace melisai::gate
