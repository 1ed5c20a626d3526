// Workflow runs: the steps of a workflow, and of those in it, as the runs that they become, one
// after the other. Pure: the same workflow gives the same runs with the same names, now and in an
// attempt.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

inline constexpr std::size_t kWorkflowDepthMax = 10;  ///< workflows inside each other

struct WorkflowRun {
  /// A workflow that the run is a step of, from the one that was started down to the one that names
  /// the pipeline.
  struct Level {
    std::string name;  ///< "release/staging"
    std::optional<Milliseconds> timeout;
    bool on_results = false;  ///< the condition of the step there names results
    bool operator==(const Level&) const = default;
  };
  std::string name;  ///< "release/staging/nightly"; of a second one "release/staging/nightly.2"
  std::string pipeline;
  std::map<std::string, std::string> params;
  std::vector<Condition> conditions;  ///< of its step, and of the steps around it
  std::vector<Level> levels;          ///< never empty
  bool operator==(const WorkflowRun&) const = default;
};

/// `taken`: names that no run may have, because a pipeline is called so. Errors: limit, above
/// kWorkflowDepthMax or store::kEventRunsMax.
Result<std::vector<WorkflowRun>> workflow_runs(const Workflow& workflow,
                                               const std::vector<Workflow>& all,
                                               std::set<std::string> taken);

/// Whether `later` waits just for the end of `earlier`, a run of the same workflow: because a
/// condition decides. Otherwise that has to pass or to be skipped.
bool waits_for_end_only(const WorkflowRun& later, const WorkflowRun& earlier);

bool applies_to(const Workflow& workflow, const std::string& project);

}  // namespace melisai::serve
