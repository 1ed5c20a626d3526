// Repeat: the command line that does a run once more, for its report. Pure. Used by the
// orchestrator only.
#pragma once

#include <string>

#include "core/orchestrator.h"

namespace melisai {

/// One shell line with the commits that were compared instead of the names they had, the seed, and
/// what the user asked for besides; to be run where the run was started. "" when the commits are
/// not known. Not in it: where reports and runs are kept, and what runs there accepted.
std::string repeat_command(const CheckRequest& request, const Report& report);
std::string repeat_command(const AbRequest& request, const Report& report);

}  // namespace melisai
