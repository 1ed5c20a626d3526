// The key `if` of a pipeline or of a workflow's step. Part of config.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/serve/reading.h"

namespace melisai::serve {

/// `pipelines`: the names that `result` may use; nothing: any.
Condition read_condition(ConfigMap& owner, const std::optional<std::vector<std::string>>& pipelines,
                         Reading& reading);

}  // namespace melisai::serve
