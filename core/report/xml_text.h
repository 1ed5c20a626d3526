// Hostile text inside XML: attribute values and text of elements. What XML cannot hold at all, such
// as control characters and U+FFFE, becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace melisai::report {

std::string xml_line(std::string_view hostile);   ///< of one line, bounded as one_line()
std::string xml_lines(std::string_view hostile);  ///< lines stay lines; bounded as plain_lines()

}  // namespace melisai::report
