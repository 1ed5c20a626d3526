// The daemon's answers to `status` and `resume`, for people.
#pragma once

#include <string>

namespace melisai::serve {

/// `answer`: JSON of requests.cpp; what is missing in it is left out.
std::string status_text(const std::string& answer, bool modules);

/// Likewise: that it is resumed, and what stays paused.
std::string resumed_text(const std::string& answer);

}  // namespace melisai::serve
