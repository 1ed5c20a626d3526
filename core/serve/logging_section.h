// The section `logging`. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

LogOptions read_logging(const ConfigValue& section, Reading& reading);

}  // namespace melisai::serve
