// What the JSON of a host report shares with that of a comparison of two and of a check. Private to
// core/model.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/model/host_report.h"

namespace melisai::host_output {

nlohmann::ordered_json anomaly(const Anomaly& value);
nlohmann::ordered_json recommendation(const Recommendation& value);
nlohmann::ordered_json overhead(const ObserverOverhead& value);

}  // namespace melisai::host_output
