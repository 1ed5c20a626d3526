// Reads .gitmodules without libgit2's configuration reader, which follows `include` to other files.
// Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai::git {

/// Path of a submodule -> its address, both as they are written. Sections without path or url are
/// left out; of two sections with one path the last one counts. Errors: git with the line, for what
/// is not in git's configuration syntax.
Result<std::map<std::string, std::string>> parse_gitmodules(std::string_view text);

}  // namespace melisai::git
