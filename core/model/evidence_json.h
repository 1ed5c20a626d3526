// JSON of the evidence of a report. Private to core/model.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/model/evidence.h"
#include "core/model/json_fields.h"

namespace melisai {

nlohmann::ordered_json evidence_to_json(const Evidence& evidence);
Evidence read_evidence(JsonFields fields);

}  // namespace melisai
