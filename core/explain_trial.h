// The explanation of what a trial found: wires core/explain to the trial's processes and to
// collectors of its own. Used by the orchestrator only.
#pragma once

#include <string>

#include "core/explain.h"
#include "core/model/report.h"
#include "core/trial.h"
#include "core/world.h"

namespace melisai {

/// Of report.benchmarks, once they are judged; nothing where the project wants none. `output_dir`:
/// absolute, where the report goes.
Explanation explain_trial(Trial& trial, const Project& project, const Report& report,
                          const std::string& output_dir, const collect::PluginPlaces& places,
                          const World& world);

}  // namespace melisai
