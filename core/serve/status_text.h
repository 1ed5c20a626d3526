// The daemon's answer to `status`, for people.
#pragma once

#include <string>

namespace melisai::serve {

/// `answer`: JSON of requests.cpp; what is missing in it is left out.
std::string status_text(const std::string& answer, bool modules);

}  // namespace melisai::serve
