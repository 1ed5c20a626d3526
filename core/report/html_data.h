// What the page's script draws: the values of pairs and histories as JSON (read by
// core/web/src/data.ts). Private to core/report.
#pragma once

#include <string>

#include "core/report/exhibits.h"

namespace melisai::report {

constexpr std::size_t kPlotBytesMax = 3 << 20;  ///< series beyond it have no plots

/// Safe inside <script type="application/json">. Series and histories that match no row of the
/// report are left out.
std::string plot_json(const Report& report, const Exhibits& exhibits);

}  // namespace melisai::report
