// The section `pipelines`, of the file or of one project. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

std::vector<ServePipeline> read_pipelines(const ConfigValue& section, const StageTimeouts& timeouts,
                                          Reading& reading);

}  // namespace melisai::serve
