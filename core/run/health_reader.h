// The keys `gate.health` and `collect.profiles` of the pipeline file. Part of project_file.
#pragma once

#include <vector>

#include "core/base/config.h"
#include "core/model/project.h"
#include "core/run/project_file.h"

namespace melisai::run {

HealthGate read_health(const ConfigValue& section, ConfigErrors& errors,
                       const AnomalyProblem& anomaly_problem);
std::vector<HostProfile> read_profiles(const ConfigValue& section, ConfigErrors& errors);
/// What both say together: the profile of `gate.health` exists. An error is at `gate`.
void check_health(const Project& project, const ConfigValue& gate, ConfigErrors& errors);

}  // namespace melisai::run
