// Scripts print a heading before each tool run whose output names nothing: "=== sort ===".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace melisai::formats {

/// The title of a heading line, "=== sort (3 runs) ===" -> "sort"; "" for the end of a section
/// ("=== end sort ===", "======"); nothing when `line` is no heading.
std::optional<std::string> heading_of(std::string_view line);

}  // namespace melisai::formats
