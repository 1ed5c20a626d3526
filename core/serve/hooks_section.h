// The sections `triggers`, `notify` and `fixer`: programs of the operator. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

std::vector<CustomTrigger> read_triggers(const ConfigValue& section,
                                         const std::vector<WatchedProject>& projects,
                                         Reading& reading);
NotifyOptions read_notify(const ConfigValue& section, Reading& reading);
RunLine read_fixer(const ConfigValue& section, Reading& reading);

}  // namespace melisai::serve
