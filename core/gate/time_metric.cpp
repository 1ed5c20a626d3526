#include "core/gate/time_metric.h"

#include <array>
#include <cstdio>

namespace melisai::gate {
namespace {

constexpr double kBusy = 0.95;      // CPU / wall at or below this: the benchmark waits
constexpr double kParallel = 1.05;  // above this: more than one thread works

std::string share(double ratio) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.0f %%", ratio * 100);
  return text.data();
}

}  // namespace

TimeChoice choose_time_metric(const WarmUpTimes& times) {
  const bool has_wall = times.base_wall && times.head_wall;
  const bool has_cpu = times.base_cpu && times.head_cpu;
  if (!has_wall && !has_cpu) return {};
  if (!has_cpu) return {.metric = "wall_time", .why = "gates as the only time metric"};
  if (!has_wall) return {.metric = "cpu_time", .why = "gates as the only time metric"};
  const double base_own = *times.base_wall - times.base_delay;
  const double head_own = *times.head_wall - times.head_delay;
  if (base_own <= 0 || head_own <= 0) {
    return {.metric = "wall_time", .why = "gates because the warm-up measured no wall time"};
  }
  const double base = *times.base_cpu / base_own;
  const double head = *times.head_cpu / head_own;
  const bool queued = times.base_delay > 0 || times.head_delay > 0;
  const std::string shares = "CPU time is " + share(base) + " (base) and " + share(head) +
                             " (head) of wall time" + (queued ? " without queueing" : "");
  if (base > kParallel || head > kParallel) {
    return {.metric = "wall_time",
            .why = "gates because the benchmark runs in parallel: " + shares};
  }
  if (base <= kBusy || head <= kBusy) {
    return {.metric = "wall_time", .why = "gates because the benchmark waits: " + shares};
  }
  return {.metric = "cpu_time", .why = "gates because one thread is busy throughout: " + shares};
}

}  // namespace melisai::gate
