// Names of benchmarks and metrics out of what tools print.
#pragma once

#include <string>
#include <string_view>

namespace melisai::formats {

/// "cache-misses:u" -> "cache_misses_u": lower case, one '_' for each run of anything that is no
/// letter or digit, none at the ends.
std::string snake_case(std::string_view text);

/// "GROUP SEPARATOR NAME"; just the name when there is no group.
std::string joined(std::string_view group, std::string_view name, std::string_view separator);

}  // namespace melisai::formats
