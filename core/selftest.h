// Selftest: tries on this machine whether the gate stays green when nothing changed and turns red
// on a slowdown of the threshold, with a built-in workload and real processes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/project.h"
#include "core/world.h"

namespace melisai {

struct SelftestRequest {
  Policy policy;                       ///< threshold, false_alarm, miss, max_pairs of one trial
  bool quick = false;                  ///< at most a minute
  std::optional<Milliseconds> budget;  ///< time in all, instead of five minutes or one
  bool json = false;
  std::optional<std::uint64_t> seed;
};

/// The exit code: 0 nothing contradicts the gate's promise, 1 it is broken, 3 too little was
/// decided to tell, 4 interrupted; in each case the numbers are printed (core/selftest_summary.h).
/// Works in TMPDIR and leaves nothing there. Errors: process, not_found, disk_full, io.
Result<int> selftest(const SelftestRequest& request, World& world,
                     const std::function<bool(std::string_view)>& print);

/// The program that selftest measures, run as `melisai-gate selftest-workload UNITS`: a fixed
/// amount of work, proportional to `units`, then exit code 0. `arguments`: what follows the
/// command's name.
int selftest_workload(const std::vector<std::string>& arguments);

}  // namespace melisai
