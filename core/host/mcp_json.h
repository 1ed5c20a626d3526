// What several answers of the MCP server hold, as JSON. Private to core/host.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/model/host_report.h"

namespace melisai::host {

nlohmann::ordered_json anomalies_json(const std::vector<Anomaly>& anomalies);
nlohmann::ordered_json advice_json(const std::vector<Recommendation>& recommendations);
/// Score, deductions, anomalies, resources, advice, and what was not seen. The score is null when
/// no resource was seen.
nlohmann::ordered_json summary_json(const HostReport& report);
/// On one line.
std::string line_of(const nlohmann::ordered_json& json);

}  // namespace melisai::host
