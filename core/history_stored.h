// Histories out of the store: what the heads of finished checks measured. Private to history.
#pragma once

#include "core/history.h"
#include "core/history_input.h"

namespace melisai {

/// One series per project, benchmark, metric, machine and configuration; one point per commit, in
/// the order in which commits were first measured: the median over its runs. The index is the
/// number of the commit's first run. Errors: not_found (no store), unavailable, io, limit.
Result<Histories> stored_histories(const HistoryRequest& request);

}  // namespace melisai
