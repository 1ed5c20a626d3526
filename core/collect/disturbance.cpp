#include <array>
#include <cstdio>

#include "core/collect/collect.h"

namespace melisai::collect {
namespace {

// `format` has one place for a double.
std::string text_of(const char* format, double value) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string reason_of(const std::string& metric, double value, const CollectOptions& options) {
  if (metric == "other_cpu" && value >= options.disturbed_other_cpu)
    return text_of("other processes used %.2f CPUs", value);
  if (metric == "steal" && value >= options.disturbed_steal)
    return text_of("the hypervisor took %.1f %% of CPU time", 100 * value);
  if (metric == "memory_pressure" && value >= options.disturbed_pressure)
    return text_of("tasks waited %.0f %% of the time for memory", 100 * value);
  if (metric == "io_pressure" && value >= options.disturbed_pressure)
    return text_of("tasks waited %.0f %% of the time for I/O", 100 * value);
  if (metric == "throttled" && value >= 1)
    return text_of(value >= 2 ? "the CPU was throttled %.0f times" : "the CPU was throttled once",
                   value);
  return "";
}

}  // namespace

std::string disturbance(const std::vector<Sample>& samples, const CollectOptions& options) {
  std::string reasons;
  for (const Sample& sample : samples) {
    if (sample.collector != "quiet") continue;
    const std::string reason = reason_of(sample.metric.name, sample.value, options);
    if (reason.empty()) continue;
    if (!reasons.empty()) reasons += "; ";
    reasons += reason;
  }
  return reasons;
}

}  // namespace melisai::collect
