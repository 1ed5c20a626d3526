// Which pipelines a project has at one commit: what the operator configured, and what the commit's
// own pipeline file declares. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// `declared`: by the pipeline file of the commit. The configured pipelines of the project, else
/// those of all projects, else the declared ones. A configured pipeline without anything to do is
/// the declared one of its name, with its own trigger and, where it says them, its own timeout and
/// variables. Errors: config, when none of that name is declared.
Result<std::vector<ServePipeline>> pipelines_at(const ServeConfig& config,
                                                const WatchedProject& project,
                                                const std::vector<PipelineSpec>& declared);

/// The same of a commit whose pipeline file may be none that can be read. Then those that do
/// without it are there as they are configured, and the others too, so that they can end with the
/// file's error; with the latter alone, or where nothing is configured, that error is returned.
Result<std::vector<ServePipeline>> pipelines_at(const ServeConfig& config,
                                                const WatchedProject& project,
                                                const Result<Project>& declared);

/// Whether it means something else without the commit's pipeline file: it has nothing to do by
/// itself, or is judged by the policy that stands there.
bool needs_pipeline_file(const PipelineSpec& pipeline);

}  // namespace melisai::serve
