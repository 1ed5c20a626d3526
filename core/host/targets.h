// The processes and cgroups that a request names: are they there?
#pragma once

#include <string>
#include <vector>

#include "core/host/host.h"

namespace melisai::host {

/// Errors: usage, about the first one that is not there and how to name one that is.
Result<void> check_targets(const CollectRequest& request);

/// One sentence about each that is not there any more.
std::vector<std::string> gone_targets(const CollectRequest& request);

}  // namespace melisai::host
