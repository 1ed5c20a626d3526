// `http`: who may knock at the front door. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

/// `monitoring` says by `method: webhook` that the door is open, and at which port, unless `http`
/// says otherwise.
HttpOptions read_http(const ConfigValue& section, const MonitorOptions& monitoring,
                      Reading& reading);

}  // namespace melisai::serve
