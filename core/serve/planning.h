// Planning: which pipelines and workflows an event starts. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/pipeline_run.h"
#include "core/model/serve_config.h"
#include "core/store/queue.h"

namespace melisai::serve {

/// Of the pipelines that the project has at that commit, and of the workflows: a push starts what
/// on_commit reaches, a tag what on_tag reaches; an event that names a pipeline or a workflow
/// starts that one and what comes after it. A run whose condition names results waits for those
/// that the event starts. Errors: config, when the event names what there is not, or when runs
/// would wait for each other; limit.
Result<std::vector<store::PlannedRun>> planned_runs(const RunEvent& event,
                                                    const std::vector<ServePipeline>& pipelines,
                                                    const std::vector<Workflow>& workflows);

/// Whether the event names what there is not: neither a pipeline at that commit nor a workflow.
bool names_nothing(const RunEvent& event, const std::vector<ServePipeline>& pipelines,
                   const std::vector<Workflow>& workflows);

/// Names that runs of workflows cannot have.
std::set<std::string> names_of(const std::vector<ServePipeline>& pipelines);

}  // namespace melisai::serve
