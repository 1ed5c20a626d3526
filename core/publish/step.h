// What a step of GitHub Actions leaves behind without any token: outputs, the job summary, and
// annotations by commands on its standard output. Part of publish.
#pragma once

#include "core/publish/trusted.h"

namespace melisai::publish {

/// Whether this is such a step.
bool is_step(const EnvLookup& env);

/// Writes what the runner has named a file for, and prints commands unless the run is about another
/// one (workflow_run), whose lines are not its own. Errors: io, limit; what could be written is.
Result<void> leave_behind(const Report& report, const std::string& report_file,
                          const report::CommentContext& context, bool is_of_another_run,
                          const Command& command);

}  // namespace melisai::publish
