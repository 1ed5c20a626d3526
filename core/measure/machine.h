// Machine identity: what must be equal before times of two runs may be compared.
#pragma once

#include <string>

#include "core/model/report.h"

namespace melisai::measure {

/// Reads /proc and /sys below the given roots ("" is the live system); what is missing stays empty.
Machine identify_machine(const std::string& root = "");

}  // namespace melisai::measure
