// Asks the forge of a project whether somebody may write to it, for approvals.
#pragma once

#include "core/serve/approver.h"

namespace melisai::serve {

/// As the configuration says how: projects[].forge. Without that an error of code config.
MayWrite ask_forge(const ServeWorld& world);

}  // namespace melisai::serve
