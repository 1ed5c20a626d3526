// Google Benchmark's JSON (--benchmark_format=json or --benchmark_out). One process run is one
// observation of each benchmark: repetitions within a run are correlated, so their median counts
// once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/metric.h"

namespace melisai::measure {

/// Benchmarks are named `<process>/<name>`. real_time becomes wall_time; both times in ns. User
/// counters: rates
/// (*_per_second) are better when higher, other counters have no known direction; all are shown
/// only. error_occurred and values that are not finite go to Observation::failed. Errors: parse
/// (position, and what to do), limit.
Result<Observation> parse_google_benchmark(const std::string& process, std::string_view json,
                                           int metrics_max);

/// Regular expression that selects exactly these names (without the process prefix): ^(a|b)$,
/// special characters escaped.
std::string google_benchmark_filter(const std::vector<std::string>& names);

}  // namespace melisai::measure
