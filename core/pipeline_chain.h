// What the ways to run a pipeline for `serve` share.
#pragma once

#include <vector>

#include "core/pipeline.h"

namespace melisai {

/// The pipelines that come before the asked one, and it, with the parameters in their environment.
/// Errors: config.
Result<std::vector<PipelineSpec>> chain_of(const PipelineRequest& request);

/// Whose fault a reason is decides what happens next: the project's own failures are not tried
/// again, ours are.
PipelineRun::Outcome outcome_of(ReasonCode code);

}  // namespace melisai
