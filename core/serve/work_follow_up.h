// The follow-ups of runs that went wrong (follow_up.h), in the attempt's process.
#pragma once

#include <string>

#include "core/pipeline.h"
#include "core/serve/follow_up.h"

namespace melisai::serve {

/// `request`: of the run that went wrong, except for its output_dir. `config`: the pinned one.
/// Errors: those of reading the queue.
Result<PipelineResult> run_follow_up(const FollowUp& follow_up, const ServeConfig& config,
                                     PipelineRequest request, World& world);

}  // namespace melisai::serve
