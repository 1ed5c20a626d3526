// Style and script of the page as core/web builds them (core/web/dist), part of the program.
// Private to core/report.
#pragma once

#include <string_view>

namespace melisai::report {

extern const std::string_view kPageScript;
extern const std::string_view kPageScriptSha256;  ///< in hex
extern const std::string_view kPageStyle;
extern const std::string_view kPageStyleSha256;  ///< in hex

}  // namespace melisai::report
