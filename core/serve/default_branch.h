// Which branch is meant when nobody names one. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/git.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// Of the refs that a server has: the first branch that the configuration names without a wildcard,
/// else one with a usual name (main, master, trunk, develop); "" when there is none. Its full name.
std::string default_branch(const WatchedProject& project, const std::vector<RemoteRef>& refs);

}  // namespace melisai::serve
