// The section `workflows`: chains of pipelines. Part of config.
#pragma once

#include <optional>

#include "core/serve/reading.h"

namespace melisai::serve {

struct WorkflowNames {
  /// The section of that name, for `after_<pipeline>`.
  const ConfigValue& pipelines;
  /// All pipelines that a step may name; nothing: any, because the repositories say what there is.
  std::optional<std::vector<std::string>> known;
  std::vector<std::string> projects;
};

std::vector<Workflow> read_workflows(const ConfigValue& section, const WorkflowNames& names,
                                     Reading& reading);

}  // namespace melisai::serve
