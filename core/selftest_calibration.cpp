#include "core/selftest_calibration.h"

#include <algorithm>
#include <cmath>

#include "core/stats/median.h"

namespace melisai {
namespace {

constexpr double kRunNs = 50e6;
constexpr int kRunsOfEachSize = 7;
constexpr std::uint64_t kLongUnits = 2'000;
constexpr double kUnitsMax = 500'000'000;  // both sizes stay below the workload's own limit
constexpr std::size_t kDigits = 10;

std::vector<double> times_of(const RunCosts& costs, std::int64_t Usage::*time) {
  std::vector<double> times;
  for (const Usage& usage : costs) times.push_back(static_cast<double>(usage.*time));
  return times;
}

double least(const RunCosts& costs, std::int64_t Usage::*time) {
  const std::vector<double> times = times_of(costs, time);
  return *std::min_element(times.begin(), times.end());
}

double median(const RunCosts& costs, std::int64_t Usage::*time) {
  std::vector<double> times = times_of(costs, time);
  return stats::median_of(times);
}

}  // namespace

SelftestSizes sizes_from(const RunCosts& started, const RunCosts& long_runs,
                         std::uint64_t long_units, double threshold) {
  // Noise only adds time, so the least is nearest to the truth. Too long a start-up and too short a
  // unit only make the slowdown a little larger.
  const double least_start = least(started, &Usage::cpu_time_ns);
  const double start =
      std::max(median(started, &Usage::cpu_time_ns), least(started, &Usage::wall_time_ns));
  const double unit = std::max(1.0, (least(long_runs, &Usage::cpu_time_ns) - least_start) /
                                        static_cast<double>(long_units - 1));
  const double base = std::clamp(std::round((kRunNs - least_start) / unit), 1.0, kUnitsMax);
  const double more = std::min(std::ceil(threshold * (base + start / unit)), kUnitsMax);
  const double run = least_start + base * unit;
  return {.base = static_cast<std::uint64_t>(base),
          .slow = static_cast<std::uint64_t>(base + more),
          .run_ms = run / 1e6,
          .slowdown = more * unit / run};
}

Result<SelftestSizes> calibrate(const RunUnits& run, double threshold) {
  RunCosts started, long_runs;
  for (int i = 0; i < kRunsOfEachSize; ++i) {
    MELISAI_TRY(const Usage shortest, run(1));
    MELISAI_TRY(const Usage longer, run(kLongUnits));
    started.push_back(shortest);
    long_runs.push_back(longer);
  }
  return sizes_from(started, long_runs, kLongUnits, threshold);
}

std::string digits_of(std::uint64_t units) {
  const std::string text = std::to_string(units);
  return std::string(kDigits - std::min(kDigits, text.size()), '0') + text;
}

}  // namespace melisai
