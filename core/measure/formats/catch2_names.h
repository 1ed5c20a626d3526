// Names as Catch2's console breaks them. Private to catch2*.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace melisai::formats {

/// Undoes a line break within a name: a blank was dropped, unless the break follows a character
/// after which Catch2 breaks without one.
std::string catch2_joined(const std::string& start, std::string_view rest);

/// The lines between the rules of a header, as names: of the test case (not indented), then of its
/// sections (indented). `width`: of the console; a line is the rest of the one before when its
/// first word had no room there.
std::vector<std::string> catch2_header_names(const std::vector<std::string>& lines,
                                             std::size_t width);

}  // namespace melisai::formats
