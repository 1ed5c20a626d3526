// The workspace: the directory below which attempts check out and build. Nobody else may write
// there, or he could change what is built and measured.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// As the operator says, else in the state directory.
std::string workspace_of(const OrchestratorOptions& options, const std::string& state_dir);

/// Makes it when it is not there, for nobody else (mode 0700), and marks it as ours. An empty one
/// becomes ours. Errors: config for a link, a file, what belongs to another user, what others may
/// enter, and a directory with files that we did not make; io, disk_full.
Result<void> prepare_workspace(const std::string& path);

/// Removes what attempts left that were killed: half-built trees, scratch space. Finished builds
/// stay for their time, and what a living attempt holds.
void sweep_workspace(const std::string& path);

}  // namespace melisai::serve
