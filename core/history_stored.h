// Histories out of the store: what the heads of finished checks measured. For `history` and the
// daemon's API.
#pragma once

#include "core/history.h"
#include "core/history_input.h"

namespace melisai {

/// One series per project, benchmark, metric, machine and configuration of the benchmark; one point
/// per commit: the median over its runs. Commits stand in the order of history_line.h, and the
/// index is the place there; where no repository knows them, in the order of their first runs, and
/// the index is the number of that run. Errors: not_found (no store, or a filter matches nothing:
/// names what there is), usage (the directory that was typed is in no repository), unavailable, io,
/// limit, interrupted.
Result<Histories> stored_histories(const HistoryRequest& request, const OpenRepo& open_repo);

}  // namespace melisai
