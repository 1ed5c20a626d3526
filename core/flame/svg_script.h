// What makes the flame graph answer: style and script, the same in every file. No name of a
// function is ever part of them. Private to core/flame.
#pragma once

#include <string_view>

namespace melisai::flame {

extern const std::string_view kSvgStyle;
extern const std::string_view kSvgScript;

}  // namespace melisai::flame
