// Follow-ups: what the daemon does by itself after a run that went wrong. It looks for the commit
// of a regression, and lets the operator's program try to mend a failure. Each is an event of its
// own, whose only run is named after the pipeline: "demo/build:fix#3". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/pipeline_run.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

struct FollowUp {
  enum class Kind { bisect, fix } kind = Kind::bisect;
  std::int64_t run = 0;  ///< of a fix: which run went wrong
  int number = 1;        ///< of a fix: which try
  bool operator==(const FollowUp&) const = default;
};

/// What an event that follow_ups() made stands for; nothing for every other one.
std::optional<FollowUp> follow_up_in(const RunEvent& event);

/// "build" of "build:fix"; a name without mark is itself.
std::string followed_pipeline(const std::string& name);

/// A run that has just finished.
struct Finished {
  PipelineRun run;
  RunEvent event;
  std::string base;  ///< commit that its check was compared with, "" without one
};

/// Events that are to be accepted now. Asked again about the same run, the same: the queue accepts
/// each only once. None for the code of strangers: what they print is what a fixer would read.
std::vector<RunEvent> follow_ups(const Finished& finished, const ServeConfig& config, WallTime now);

}  // namespace melisai::serve
