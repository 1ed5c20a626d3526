// Workflows: chains of pipelines, of the section `workflows` of the configuration and of texts of
// the same shape that came over the API. Part of config.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/serve/reading.h"

namespace melisai::serve {

/// Every pipeline that the configuration says; nothing when a project has those of its repository,
/// so that a step may name any.
std::optional<std::vector<std::string>> known_pipelines(const ServeConfig& config);

/// What a section is read beside.
struct WorkflowsBeside {
  const ServeConfig& config;            ///< its projects and pipelines are read already
  const std::vector<Workflow>& others;  ///< that there are besides those of the section
};

/// A mistake that the section makes in one of `others` (a cycle, too many runs) is an error too.
std::vector<Workflow> read_workflows(const ConfigValue& section, const WorkflowsBeside& beside,
                                     Reading& reading);

}  // namespace melisai::serve
