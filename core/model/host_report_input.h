// Reading what the JSON of a host report and that of a check share. Private to core/model.
#pragma once

#include "core/model/host_report.h"
#include "core/model/json_fields.h"

namespace melisai::host_input {

Anomaly anomaly(JsonFields fields);
Recommendation recommendation(JsonFields fields);
ObserverOverhead overhead(JsonFields fields);

}  // namespace melisai::host_input
