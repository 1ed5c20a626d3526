// Stolen time: a hypervisor ran something else while one of our CPUs had work. The program that
// was running looks as if it had waited, and no run delay shows it. Private to core/measure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace melisai::measure {

constexpr int kAllCpus = -1;

/// Nanoseconds stolen from one CPU since boot, or from kAllCpus together. `stat_file` is
/// /proc/stat; line cpuN, field 8, in ticks of USER_HZ, so the difference of two readings may be
/// off by a tick (10 ms). Nothing where there is no such line or field.
std::optional<std::int64_t> stolen_ns(const std::string& stat_file, int cpu);

}  // namespace melisai::measure
