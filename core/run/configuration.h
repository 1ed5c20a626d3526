// What makes the numbers of two checks comparable besides commit and machine.
#pragma once

#include <string>

#include "core/run/plan.h"

namespace melisai::run {

/// 16 hex digits over everything in the plan and the options that changes what is measured;
/// thresholds, names of projects and limits that only end a run are left out.
std::string configuration_hash(const Plan& plan, const MeasureOptions& options);

/// The same for one benchmark alone: its own commands, environment and placement, and those of the
/// pipeline that declares it and of what that one comes after. "" when no pipeline declares it
/// (ab).
std::string benchmark_configuration(const Project& project, const std::string& benchmark);

}  // namespace melisai::run
