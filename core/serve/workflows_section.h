// The section `workflows`: chains of pipelines. Part of config.
#pragma once

#include <optional>

#include "core/serve/reading.h"

namespace melisai::serve {

/// `pipelines`: the section of that name, for `after_<pipeline>`. `known`: all pipelines that a
/// step may name; nothing: any, because the repositories say what there is.
std::vector<Workflow> read_workflows(const ConfigValue& section, const ConfigValue& pipelines,
                                     const std::optional<std::vector<std::string>>& known,
                                     Reading& reading);

}  // namespace melisai::serve
