// Formats that a team describes itself: places in a JSON document, or a regular expression per
// line.
#pragma once

#include <string>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

/// What is wrong with the layout itself, "" when nothing is.
std::string problem_of_json(const JsonLayout& layout);
std::string problem_of_regex(const RegexLayout& layout);

Result<void> parse_json_layout(Input& input, const JsonLayout& layout, const Limits& limits,
                               ReadingsBuilder& builder);
Result<void> parse_regex_layout(Input& input, const RegexLayout& layout, const Limits& limits,
                                ReadingsBuilder& builder);

}  // namespace melisai::formats
