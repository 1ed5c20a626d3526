// Daemon: `serve`. Builds its parts, wires them, and runs the loop until somebody stops it. Read
// this first in this folder: what the parts do together is here.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/serve/context.h"

namespace melisai::serve {

struct ServeRequest {
  std::string config_file;  ///< absolute
  std::string state_dir;    ///< absolute
  bool detached = false;    ///< lets go of the terminal when it is ready
};

/// Returns when it was stopped in order; the exit code. Errors: config; limit when a daemon runs
/// with that state directory already (names it); whatever keeps a required part from starting.
Result<int> serve(const ServeRequest& request, const ServeWorld& world);

}  // namespace melisai::serve
