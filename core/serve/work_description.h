// What an attempt has to do: its run's pipeline as it was pinned, and as a step of its workflow.
// Private to `work`. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/env_expand.h"
#include "core/model/condition.h"
#include "core/model/pipeline_run.h"
#include "core/serve/pinned.h"
#include "core/serve/workflow_runs.h"

namespace melisai::serve {

/// What the queue says.
struct Task {
  PipelineRun run;
  RunEvent event;
  std::vector<PipelineRun> siblings;  ///< runs of the same event
};

/// The project as it is at this commit, with the operator's pipelines where there are any.
struct Described {
  ServeConfig config;
  std::map<std::string, std::string> secrets;  ///< by name
  Project project;
  WatchedProject watched;
  ServePipeline pipeline;
  std::vector<WorkflowRun> workflow;  ///< that the run is of; empty: of none
  std::size_t step = 0;               ///< in `workflow`
  std::string file_problem = {};      ///< of a pipeline file that this run does without; "": none
};

/// `file`: where the pinned pipeline file lies. One that cannot be read is an error of those that
/// need it (pipelines.h) alone. Errors: config.
Result<Described> describe(const Task& task, const Pinned& pinned, const std::string& file,
                           const EnvLookup& env);

/// Whether somebody has vouched for what the run executes. Nobody has for a patch that a program
/// proposed, whoever pushed the commit that it is for.
bool is_vouched_for(const Task& task);

/// All of them must hold.
std::vector<Condition> conditions_of(const Described& described);

/// Without changed paths. A step sees the results of the steps before it by the names of their
/// pipelines; of two of one pipeline the later one counts.
ConditionFacts facts_of(const Task& task, const Described& described);

/// Of the pipeline, replaced by those of the step, replaced by those of the event.
std::map<std::string, std::string> params_of(const Task& task, const Described& described);

/// The workflow around the run whose time is over first.
struct WorkflowTime {
  std::string workflow;
  Milliseconds timeout;
  WallTime end;
};
/// Nothing when none has a timeout. A workflow's time begins with its first step.
std::optional<WorkflowTime> workflow_time(const Task& task, const Described& described,
                                          WallTime now);

}  // namespace melisai::serve
