// What was counted, as numbers and as the part perf_counters.
#pragma once

#include <string>
#include <vector>

#include "plugins/common/proc.h"
#include "plugins/perf/counters.h"

namespace melisai::plugins::perf {

/// One for each event that was counted, and counted_share, the smallest of the hardware counters'.
std::vector<Number> numbers_of(const std::vector<Counters::Result>& results);

/// {"data":{"scope":"tree","task_clock_ns":5,"unavailable":{"cycles_user":"why"}}}; "errors" where
/// nothing was counted at all.
std::string part_of(Scope scope, const std::vector<Counters::Result>& results);
/// The same of a window that had nothing to count of.
std::string part_without(Scope scope, const std::string& problem);

}  // namespace melisai::plugins::perf
