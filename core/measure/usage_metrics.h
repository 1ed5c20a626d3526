// What a bare process run yields as metrics. One table: name, unit, tier and where the number comes
// from.
#pragma once

#include <map>
#include <string>

#include "core/base/process.h"
#include "core/model/metric.h"

namespace melisai::measure {

/// All metrics that `usage` holds, as series of `benchmark`.
std::map<SeriesId, Value> usage_metrics(const std::string& benchmark, const Usage& usage);

}  // namespace melisai::measure
