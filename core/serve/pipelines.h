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

}  // namespace melisai::serve
