// What the daemon counts, as metrics; each is explained in README.md. Private to core/api.
#pragma once

#include <vector>

#include "core/api/parts.h"

namespace melisai::api {

/// Of finished runs: counts, verdicts, durations.
std::vector<Metric> run_metrics(const std::vector<store::RunTotals>& totals);

/// Of the moment. Errors: those of reading the queue.
Result<std::vector<Metric>> state_metrics(const Api::Parts& parts);

}  // namespace melisai::api
