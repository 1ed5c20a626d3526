// What a bare process run yields as metrics. One table: name, unit, tier and where the number comes
// from.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/base/process.h"
#include "core/model/metric.h"

namespace melisai::measure {

/// All metrics that `usage` holds, as series of `benchmark`.
std::map<SeriesId, Value> usage_metrics(const std::string& benchmark, const Usage& usage);

/// `steal_time`: what was stolen (core/measure/steal.h) during a run from the one CPU that it was
/// pinned to. Not of the process, so not in its usage.
std::pair<SeriesId, Value> steal_metric(const std::string& benchmark, std::int64_t stolen_ns);

}  // namespace melisai::measure
