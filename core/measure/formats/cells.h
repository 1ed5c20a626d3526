// Rows of tables that are drawn with bars.
#pragma once

#include <string_view>
#include <vector>

namespace melisai::formats {

/// "| a | b |" or with box-drawing bars -> {"a", "b"}; quotes around a cell are taken off, and
/// a bar behind a backslash is a part of its cell. Empty when `line` does not start and end with a
/// bar.
std::vector<std::string_view> cells_of(std::string_view line);

}  // namespace melisai::formats
