// The section `orchestrator`. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

/// What the section says of all projects.
struct OrchestratorSection {
  OrchestratorOptions options;
  std::vector<std::string> branches;  ///< of projects that name none
  /// Where the secret of webhooks is missing, unless every project has its own.
  std::optional<ConfigPosition> secret_missing = {};
  std::string secret_problem = "";  ///< why what is written there is none
};
OrchestratorSection read_orchestrator(const ConfigValue& section, Reading& reading);

}  // namespace melisai::serve
