// The follow-ups of runs that went wrong (follow_up.h), in the attempt's process.
#pragma once

#include <string>

#include "core/pipeline.h"
#include "core/serve/follow_up.h"

namespace melisai::serve {

/// "refs/melisai-gate/fixes/build-12-1" for try 1 of build#12. Of a name that git may not allow
/// only the letters, digits, '_' and '-' are left, and the id of the run is added.
std::string ref_of_fix(const PipelineRun& failed, int number);

/// `request`: of the run that went wrong, except for its output_dir. `config`: the pinned one.
/// `fixers`: runs the operator's program; all else is of `world`. Errors: those of reading the
/// queue.
Result<PipelineResult> run_follow_up(const FollowUp& follow_up, const ServeConfig& config,
                                     PipelineRequest request, ProcessRunner& fixers, World& world);

}  // namespace melisai::serve
