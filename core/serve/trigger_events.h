// What a line of a custom trigger starts. Pure.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/model/pipeline_run.h"
#include "core/model/serve_config.h"
#include "core/trigger/trigger.h"

namespace melisai::serve {

/// Why events of that trigger started, for people: "trigger inbox".
std::string cause_of(const CustomTrigger& trigger);

/// A commit without a pipeline is a push (or a tag); the caller knows what its ref was before.
/// Errors: usage, when the configuration does not let the trigger start that.
Result<RunEvent> event_of(const trigger::CustomFiring& firing, const CustomTrigger& trigger,
                          const WatchedProject& project, WallTime now);

}  // namespace melisai::serve
