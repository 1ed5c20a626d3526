// What a configuration may say that this version reads but does not do: nobody may believe that
// something is limited, tried or told when it is not.
#pragma once

#include <string>
#include <vector>

#include "core/model/serve_config.h"

namespace melisai::serve {

/// Sentences, for what differs from its default.
std::vector<std::string> not_yet(const ServeConfig& config);

}  // namespace melisai::serve
