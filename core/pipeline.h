// Pipeline: one pipeline on one commit, as `serve` runs it. One with benchmarks is a check of the
// commit against its base; any other one is run in a tree in which those that it comes after have
// passed. The step between a queued run and its result.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/pipeline_run.h"
#include "core/model/report.h"
#include "core/orchestrator.h"
#include "core/world.h"

namespace melisai {

struct PipelineRequest {
  std::string repository;   ///< absolute; bare
  Project project;          ///< with all pipelines that may be run at this commit
  std::string pipeline;     ///< the one to run
  std::string sha;          ///< full hex
  std::string branch;       ///< short name; "" for a tag
  std::string proposal;     ///< "pull request 7", which no branch is called; "": of none
  std::string before;       ///< what the branch was before the push, "" when that is not known
  std::string base;         ///< not empty: what benchmarks are compared with, whatever was green
  std::string config_file;  ///< absolute; where the rest of `project` comes from
  std::map<std::string, std::string> params;     ///< become MELISAI_PARAM_<name>
  std::map<std::string, std::string> variables;  ///< of its own stage, when nothing comes after it
  bool trusted = true;
  bool incremental = false;  ///< go on from the tree of its last pass on this branch
  std::string state_dir;     ///< absolute
  std::string output_dir;    ///< absolute; logs/, and the reports of a check
  Milliseconds lock_wait{3'600'000};
  Milliseconds quiet_wait{0};  ///< as of a check
  TreeLimits limits;           ///< of each stage; never of what is timed
  CacheOptions kept;           ///< what pipelines keep from run to run
  std::string workspace;       ///< absolute; where trees are built
};

struct PipelineResult {
  PipelineRun::Outcome outcome = PipelineRun::Outcome::error;
  std::string reason;                  ///< one sentence
  std::optional<std::int64_t> report;  ///< number of the check in the store
  bool noisy = false;                  ///< inconclusive, but a quieter machine could have told
  std::string base;                    ///< commit that it was compared with, "" without one
  std::vector<StageResult> stages;
};

/// Always answers; what went wrong is the outcome.
PipelineResult run_pipeline(const PipelineRequest& request, World& world);

/// "MELISAI_PARAM_TYPE" for "type": upper case, as shells like it, beside the name as it was
/// written; '_' for what no variable name may hold.
std::string param_variable(const std::string& name);

/// {"outcome", "reason", "report", "noisy", "base", "stages": [{"name", "side", "status",
/// "seconds", "message", "log"}]}
std::string to_json(const PipelineResult& result);
/// Errors: parse, for what to_json did not write.
Result<PipelineResult> pipeline_result_from_json(const std::string& text);

}  // namespace melisai
