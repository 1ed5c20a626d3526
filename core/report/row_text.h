// Numbers of one judged metric in words, the same in every format and table.
#pragma once

#include <optional>
#include <string>

#include "core/model/report.h"

namespace melisai::report {

std::string effect_text(const std::optional<double>& effect);  ///< "+5.1 %"; "" when not known
std::string change_text(const BenchmarkResult& row);           ///< "+5.1 %", "from zero", "-"
std::string interval_text(const BenchmarkResult& row);  ///< "+3.0 to +7.0 %", "up to +7.0 %", "-"
std::string side_text(const std::optional<Side>& side, const Metric& metric);  ///< "1.05 us", "-"

}  // namespace melisai::report
