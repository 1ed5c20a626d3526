// What somebody accepted until today does not count. Used by the orchestrator, and by what
// publishes its reports.
#pragma once

#include <string>
#include <vector>

#include "core/model/report.h"
#include "core/store/store.h"

namespace melisai {

/// Marks the regressions that stored acknowledgements of the project cover on `today`
/// ("2026-11-21"), those for one commit only where `head` is it, and names in them for themselves
/// alone, never as patterns. Returns what a reader should know: acknowledgements that have expired,
/// or that cannot be read.
std::vector<std::string> acknowledge_slowdowns(std::vector<BenchmarkResult>& results,
                                               const store::Store& store,
                                               const std::string& project, const std::string& head,
                                               const std::string& today);

}  // namespace melisai
