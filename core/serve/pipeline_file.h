// A commit's pipeline file as the daemon reads it.
#pragma once

#include <string>

#include "core/base/env_expand.h"
#include "core/base/result.h"
#include "core/model/project.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// Of a commit without one.
inline constexpr const char* kEmptyPipelineFile = "version: 1\n";

/// `name`: for messages. Pipelines that say no timeout get the configuration's; its
/// secrets are not set. Errors: config.
Result<Project> read_pipeline_file(const std::string& text, const std::string& name,
                                   const ServeConfig& config, const EnvLookup& env);

/// The same of a commit that nobody has vouched for: no variable of the daemon is set. Where that
/// is what the file lacks, the error says so; `env` is asked for nothing else.
Result<Project> read_pipeline_file_of_strangers(const std::string& text, const std::string& name,
                                                const ServeConfig& config, const EnvLookup& env);

}  // namespace melisai::serve
