// Wording of the host's health beside the two sides. Returns raw text; each format escapes it for
// itself. Private to core/report.
#pragma once

#include <string>
#include <vector>

#include "core/model/report.h"

namespace melisai::report {

/// One line on the score, then one per new and resolved anomaly and per advice; nothing when nobody
/// looked, and only the first while nothing changed.
std::vector<std::string> health_lines(const Report& report);

}  // namespace melisai::report
