// How control groups are mounted, and whether the gate can make one, as melisai-gate-exec does.
// Private to core/doctor.
#pragma once

#include <string>

#include "core/doctor/doctor.h"

namespace melisai::doctor {

/// `root`: as in Sources.
Cgroups read_cgroups(const std::string& root);

}  // namespace melisai::doctor
