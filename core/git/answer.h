// One request to melisai-gate-git and its answer, as core/base/git_wire.h describes them.
#pragma once

#include <string>
#include <string_view>

namespace melisai::git {

/// Always an answer: also for nonsense, which gets an error.
std::string answer(std::string_view request);

}  // namespace melisai::git
