// A run of the queue as JSON, as `runs --json`, `status --json` and the daemon write it.
#pragma once

#include <string>

#include "core/model/pipeline_run.h"

namespace melisai::serve {

/// {"run", "id", "project", "pipeline", "number", "ref", "commit", "state", "outcome", "reason",
/// "waits_for", "attempts", "created_at", "started_at", "finished_at", "report", "slow"}; null for
/// what is not known. `waits_for`: "" for nothing.
std::string run_to_json(const PipelineRun& run, const std::string& waits_for);

}  // namespace melisai::serve
