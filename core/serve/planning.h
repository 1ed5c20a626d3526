// Planning: which pipelines an event starts. Pure.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/model/pipeline_run.h"
#include "core/model/serve_config.h"
#include "core/store/queue.h"

namespace melisai::serve {

/// Of the pipelines that the project has at that commit: a push starts what on_commit reaches, a
/// tag what on_tag reaches; an event that names a pipeline starts that one and what comes after it.
/// Errors: config, when it names one that there is not.
Result<std::vector<store::PlannedRun>> planned_runs(const RunEvent& event,
                                                    const std::vector<ServePipeline>& pipelines);

}  // namespace melisai::serve
