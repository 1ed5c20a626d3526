// What the store remembers, as JSON for programs; each text ends with a newline.
#pragma once

#include <string>
#include <vector>

#include "core/store/store.h"

namespace melisai {

std::string runs_json(const std::vector<store::RunSummary>& runs);
std::string run_json(const store::Run& run);
/// Why its benchmarks regressed, as in the report.
std::string evidence_json(const Report& report);
std::string baselines_json(const std::vector<store::Baseline>& baselines);
std::string acknowledgements_json(const std::vector<store::StoredAcknowledgement>& all);

}  // namespace melisai
