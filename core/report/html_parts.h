// The parts of the page, in its order. Each is whole HTML, "" where there is nothing to say, and
// bounded in size. Private to core/report.
#pragma once

#include <string>

#include "core/report/exhibits.h"

namespace melisai::report {

std::string verdict_html(const Report& report);
std::string facts_html(const Report& report, const Exhibits& exhibits);
std::string findings_html(const Report& report);  ///< the worst rows, with room for their plots
std::string why_html(const Report& report, const Exhibits& exhibits);
std::string tables_html(const Report& report);  ///< every row
std::string history_html(const Exhibits& exhibits);
std::string health_html(const Report& report);
std::string stages_html(const Report& report);
std::string measured_html(const Report& report);  ///< how, with what, and what else was seen
std::string machine_html(const Report& report);

}  // namespace melisai::report
