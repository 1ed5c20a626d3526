// The sections `triggers`, `notify` and `fixer`: programs of the operator. Part of config.
#pragma once

#include <optional>

#include "core/serve/reading.h"

namespace melisai::serve {

/// `known`: all pipelines and workflows that a trigger may name; nothing: any, because the
/// repositories say what there is.
std::vector<CustomTrigger> read_triggers(const ConfigValue& section,
                                         const std::vector<WatchedProject>& projects,
                                         const std::optional<std::vector<std::string>>& known,
                                         Reading& reading);
NotifyOptions read_notify(const ConfigValue& section, Reading& reading);
RunLine read_fixer(const ConfigValue& section, Reading& reading);

}  // namespace melisai::serve
