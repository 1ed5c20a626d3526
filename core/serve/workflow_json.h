// A workflow as JSON, with the keys that a configuration has: what is read from it is the same
// workflow.
#pragma once

#include <string>

#include "core/model/serve_config.h"

namespace melisai::serve {

/// {"trigger": "manual", "steps": [{"pipeline": "build"}]}: what stands under its name in a
/// configuration. Keys at their default are left out, but for `trigger`.
std::string workflow_to_json(const Workflow& workflow);

}  // namespace melisai::serve
