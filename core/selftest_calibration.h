// How much work makes a run of the built-in workload as long, and as much longer, as a selftest
// needs. Private to the selftest.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/process.h"

namespace melisai {

/// Sizes of the workload, in units of work.
struct SelftestSizes {
  std::uint64_t base = 1;
  std::uint64_t slow = 1;
  double run_ms = 0;    ///< CPU time of a run of the base
  double slowdown = 0;  ///< of the slow one, a fraction
};

/// Costs of runs of one size, at least one.
using RunCosts = std::vector<Usage>;

/// `started`: runs of one unit, all start-up. `long_runs`: runs of `long_units`, which is > 1. A
/// process has work to do before its first unit, so the slow size gets more than `threshold` times
/// the units of the base; what is not exactly known is taken so that the slowdown is not smaller
/// than the threshold.
SelftestSizes sizes_from(const RunCosts& started, const RunCosts& long_runs,
                         std::uint64_t long_units, double threshold);

/// Runs the workload of a size.
using RunUnits = std::function<Result<Usage>(std::uint64_t units)>;

/// Measures both kinds of runs. Errors: those of `run`.
Result<SelftestSizes> calibrate(const RunUnits& run, double threshold);

/// The workload's argument. All sizes have the same number of digits: the length of argv moves the
/// stack, and with it the timing.
std::string digits_of(std::uint64_t units);

}  // namespace melisai
