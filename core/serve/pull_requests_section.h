// The section `pull_requests` of a project. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

PullRequestOptions read_pull_requests(const ConfigValue& section, Reading& reading);

}  // namespace melisai::serve
