// The daemon's `logging:` as targets of the log.
#pragma once

#include <string>

#include "core/base/log.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// Relative file names are below `state_dir`.
LogTargets targets_of(const LogOptions& options, const std::string& state_dir);

}  // namespace melisai::serve
