// Dispatch: which queued runs start now, and why another one does not. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/pipeline_run.h"

namespace melisai::serve {

/// Those of `ready` (oldest first) that may start beside `running`, at most `engines` altogether. A
/// run that measures has the machine for itself, and nothing younger overtakes it: else it would
/// wait for ever on a busy server. Two runs of one pipeline on one commit take turns, also when one
/// is a step of a workflow: both would do the same to the same places. Not one of strangers' code
/// and one that is trusted: these share no place.
struct DispatchRules {
  std::size_t engines = 1;
  bool parallel = true;
};
std::vector<PipelineRun> choose_runs(const std::vector<PipelineRun>& ready,
                                     const std::vector<PipelineRun>& running,
                                     const DispatchRules& rules);

/// Why a run does not start now.
struct Hindrance {
  enum class Kind {
    measures,         ///< `other` does, and has the machine for itself
    no_engine,        ///< all are busy; `other` is one that runs
    has_to_be_alone,  ///< it measures, and `other` runs
    is_behind,        ///< `other`, which measures and is older, waits for the machine
    repeats           ///< `other` is the same pipeline on the same commit
  } kind = Kind::no_engine;
  PipelineRun other;
};
/// Of the run of `ready` with that id. Nothing: it may start, or is not ready.
std::optional<Hindrance> hindrance_of(std::int64_t id, const std::vector<PipelineRun>& ready,
                                      const std::vector<PipelineRun>& running,
                                      const DispatchRules& rules);

}  // namespace melisai::serve
