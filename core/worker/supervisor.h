// A collector may start processes, and leave them behind when it crashes, hangs or simply ends.
#pragma once

#include "core/base/result.h"

namespace melisai::worker {

/// Splits this process. Returns in the child, where the plugin will run. The parent never returns:
/// it adopts whatever the child's processes leave behind, and once the child has ended, or the gate
/// asks by SIGTERM, or the gate is gone, it kills all of them and ends as the child did. It runs
/// nothing of the plugin and holds nothing of the connection. Errors: process.
Result<void> split_off_supervisor();

}  // namespace melisai::worker
