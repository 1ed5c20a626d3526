// What the JSON of a host report and that of a comparison of two share. Private to core/model.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/model/host_report.h"

namespace melisai::host_output {

nlohmann::ordered_json anomaly(const Anomaly& value);
nlohmann::ordered_json recommendation(const Recommendation& value);

}  // namespace melisai::host_output
