// What makes the numbers of two checks comparable besides commit and machine.
#pragma once

#include <string>

#include "core/run/plan.h"

namespace melisai::run {

/// 16 hex digits over everything in the plan and the options that changes what is measured;
/// thresholds, names of projects and limits that only end a run are left out.
std::string configuration_hash(const Plan& plan, const MeasureOptions& options);

}  // namespace melisai::run
