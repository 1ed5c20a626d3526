// Dispatch: which queued runs start now. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/model/pipeline_run.h"

namespace melisai::serve {

/// Those of `ready` (oldest first) that may start beside `running`, at most `engines` altogether. A
/// run that measures has the machine for itself, and nothing younger overtakes it: else it would
/// wait for ever on a busy server. Two runs of one pipeline on one commit take turns, also when one
/// is a step of a workflow: both would do the same to the same places.
struct DispatchRules {
  std::size_t engines = 1;
  bool parallel = true;
};
std::vector<PipelineRun> choose_runs(const std::vector<PipelineRun>& ready,
                                     const std::vector<PipelineRun>& running,
                                     const DispatchRules& rules);

}  // namespace melisai::serve
