// Results of one JSON document per line, possibly with other text between the lines.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

/// Hands each line that is a JSON object to `take`; other lines are skipped; how many there were.
/// Errors: those of read_json() and Lines::next(); those of `take`, all with SOURCE:LINE.
Result<std::size_t> read_json_lines(Input& input, const Limits& limits,
                                    const std::function<Result<void>(const nlohmann::json&)>& take);

}  // namespace melisai::formats
