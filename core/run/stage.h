// Stage: one pipeline of the plan, run in one side's tree.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "core/model/project.h"
#include "core/model/report.h"

namespace melisai::run {

struct StagePlace {
  std::string side;     ///< "base" or "head"
  std::string tree;     ///< absolute; where the stage runs
  std::string log_dir;  ///< absolute; receives <side>-<pipeline>.log
  TreeLimits limits = {};
};

/// What became of the limits of a stage, for people; "" when they hold, or when there are none.
std::string remark_about_limits(const Exit& exit);

/// Runs the stage to its end. A stage that fails is a StageResult with Status::failed, the log's
/// tail and a message; an Error is only what keeps us from running it at all (disk_full,
/// interrupted, process).
struct StageEnd {
  StageResult result;
  std::string remark;     ///< remark_about_limits()
  std::string full_disk;  ///< of one that failed on a disk that was full, as base/disk_space.h
};
Result<StageEnd> run_stage(const PipelineSpec& pipeline, const StagePlace& place,
                           const MeasureOptions& options, ProcessRunner& processes,
                           const Clock& clock);

/// Whether stages see the caller's variable of that name without asking for it.
bool is_passed_to_stages(const std::string& name);

/// The scrubbed environment of build and test stages: what tools need to find themselves (PATH,
/// HOME, CC, proxies ...), the names in options.pass_env, then `own`. Tokens and everything else of
/// the caller stay out. Sorted, "NAME=value".
std::vector<std::string> stage_environment(const MeasureOptions& options,
                                           const std::map<std::string, std::string>& own);

}  // namespace melisai::run
