// Workflow results: conditions of steps that no result can ever meet, because it comes later. Part
// of config.
#pragma once

#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// `result` of a step names a pipeline that runs in this step or in a later one, in no earlier one
/// (nor in a step before the workflow, where another one contains it), and that no event starts
/// beside the workflow: the condition would never hold.
struct LateResult {
  std::size_t step = 0;  ///< of workflow.steps
  std::string pipeline;
  bool operator==(const LateResult&) const = default;
};

/// In the order of the steps. `all` holds what the workflow contains.
std::vector<LateResult> late_results(const Workflow& workflow, const std::vector<Workflow>& all,
                                     const ServeConfig& config);

}  // namespace melisai::serve
