// The key `forge` of a project: where, and as whom, its forge is asked who may write and told of
// reports. Part of config.
#pragma once

#include <optional>

#include "core/serve/reading.h"

namespace melisai::serve {

/// `repository` is the project's, and says the forge of github.com and gitlab.com. Nothing for a
/// null.
std::optional<ForgeAccess> read_forge(const ConfigValue& section, std::string_view repository,
                                      Reading& reading);

}  // namespace melisai::serve
