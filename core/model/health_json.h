// JSON of the health part of a report. Private to core/model.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/model/json_fields.h"
#include "core/model/report.h"

namespace melisai {

/// null when nobody looked.
nlohmann::ordered_json health_to_json(const HealthResult& health);
/// `fields`: of the report.
HealthResult read_health(JsonFields& fields);

}  // namespace melisai
