#include "core/serve/work_description.h"

#include <algorithm>

#include "core/run/run.h"
#include "core/serve/config.h"
#include "core/serve/follow_up.h"
#include "core/serve/pipeline_file.h"
#include "core/serve/pipelines.h"
#include "core/serve/planning.h"
#include "core/serve/stored_workflows.h"

namespace melisai::serve {
namespace {

constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";

std::string without(std::string_view prefix, const std::string& ref) {
  return ref.starts_with(prefix) ? ref.substr(prefix.size()) : "";
}

/// The workflow that has a run of that name, as planning made it.
Result<void> find_workflow(const std::string& run, const ServeConfig& config,
                           const std::vector<ServePipeline>& pipelines, Described& described) {
  const std::set<std::string> names = names_of(pipelines);
  if (names.contains(run)) return {};
  for (const Workflow& workflow : config.workflows) {
    if (!run.starts_with(workflow.name + "/")) continue;
    MELISAI_TRY(std::vector<WorkflowRun> steps, workflow_runs(workflow, config.workflows, names));
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i].name != run) continue;
      described.workflow = std::move(steps);
      described.step = i;
      return {};
    }
  }
  return {};
}

/// As they were in force beside those of the configuration.
const PipelineRun* find(const std::vector<PipelineRun>& runs, const std::string& name) {
  const auto found = std::find_if(runs.begin(), runs.end(),
                                  [&](const PipelineRun& run) { return run.pipeline == name; });
  return found == runs.end() ? nullptr : &*found;
}

bool is_in(const WorkflowRun& run, const std::string& level) {
  return std::any_of(run.levels.begin(), run.levels.end(),
                     [&](const WorkflowRun::Level& each) { return each.name == level; });
}

/// When the first step of that workflow began.
WallTime start_of(const std::string& level, const Task& task, const Described& described,
                  WallTime now) {
  WallTime start = now;
  for (const WorkflowRun& step : described.workflow) {
    if (!is_in(step, level)) continue;
    const PipelineRun* const run = find(task.siblings, step.name);
    if (run != nullptr && run->started_at) start = std::min(start, *run->started_at);
  }
  return start;
}

/// It, or what it comes after.
bool any_needs_file(const std::string& pipeline, const Project& project) {
  const auto chain = run::chain_to(pipeline, project);
  return !chain || std::any_of(chain->begin(), chain->end(), needs_pipeline_file);
}

}  // namespace

Result<Described> describe(const Task& task, const Pinned& pinned, const std::string& file,
                           const EnvLookup& env) {
  ConfigSources sources = sources_for("/", env);
  sources.pinned = true;
  MELISAI_TRY(LoadedConfig loaded,
              parse_serve_config(pinned.serve_file, "(configuration of the run)", sources));
  MELISAI_TRY(WorkflowSet kept, kept_workflows(pinned.workflows, loaded.config, sources));
  loaded.config.workflows = std::move(kept.all);
  Described described;
  const auto read = is_vouched_for(task) ? read_pipeline_file : read_pipeline_file_of_strangers;
  const Result<Project> declared = read(pinned.pipeline_file, file, loaded.config, env);
  if (declared) {
    described.project = *declared;
  } else {
    MELISAI_TRY(described.project, read(kEmptyPipelineFile, file, loaded.config, env));
  }
  // Those of a fix are its program's; what runs with the patch gets none (core/fix.cpp).
  if (!task.run.trusted) described.project.measure.pass_env.clear();
  described.project.name = task.run.project;
  const auto& projects = loaded.config.projects;
  const auto watched =
      std::find_if(projects.begin(), projects.end(),
                   [&](const WatchedProject& project) { return project.name == task.run.project; });
  if (watched == projects.end())
    return Error{Errc::config, "the configuration has no project '" + task.run.project + "'"};
  described.watched = *watched;
  MELISAI_TRY(const std::vector<ServePipeline> pipelines,
              pipelines_at(loaded.config, *watched, declared));
  const std::string run = followed_pipeline(task.run.pipeline);
  MELISAI_CHECK(find_workflow(run, loaded.config, pipelines, described));
  const std::string wanted =
      described.workflow.empty() ? run : described.workflow[described.step].pipeline;
  described.pipeline.spec.name = wanted;
  described.project.pipelines.clear();
  for (const ServePipeline& pipeline : pipelines) {
    described.project.pipelines.push_back(pipeline.spec);
    if (pipeline.spec.name == wanted) described.pipeline = pipeline;
  }
  if (!declared) {
    if (any_needs_file(wanted, described.project)) return declared.error();
    described.file_problem = declared.error().message;
  }
  described.config = std::move(loaded.config);
  described.secrets = std::move(loaded.secrets);
  return described;
}

bool is_vouched_for(const Task& task) {
  const auto follow_up = follow_up_in(task.event);
  return task.run.trusted && (!follow_up || follow_up->kind != FollowUp::Kind::fix);
}

std::vector<Condition> conditions_of(const Described& described) {
  std::vector<Condition> conditions;
  if (!described.workflow.empty()) conditions = described.workflow[described.step].conditions;
  conditions.push_back(described.pipeline.condition);
  return conditions;
}

ConditionFacts facts_of(const Task& task, const Described& described) {
  ConditionFacts facts;
  facts.branch = without(kBranches, task.run.ref);
  facts.tag = without(kTags, task.run.ref);
  for (const PipelineRun& sibling : task.siblings)
    if (sibling.outcome) facts.results[sibling.pipeline] = to_string(*sibling.outcome);
  for (std::size_t i = 0; i < described.workflow.size() && i < described.step; ++i) {
    const PipelineRun* const run = find(task.siblings, described.workflow[i].name);
    if (run != nullptr && run->outcome)
      facts.results[described.workflow[i].pipeline] = to_string(*run->outcome);
  }
  return facts;
}

std::map<std::string, std::string> params_of(const Task& task, const Described& described) {
  std::map<std::string, std::string> params = task.event.params;
  if (!described.workflow.empty()) {
    const auto& own = described.workflow[described.step].params;
    params.insert(own.begin(), own.end());
  }
  params.insert(described.pipeline.params.begin(), described.pipeline.params.end());
  return params;
}

std::optional<WorkflowTime> workflow_time(const Task& task, const Described& described,
                                          WallTime now) {
  std::optional<WorkflowTime> first;
  if (described.workflow.empty()) return first;
  for (const WorkflowRun::Level& level : described.workflow[described.step].levels) {
    if (!level.timeout) continue;
    const WallTime end = start_of(level.name, task, described, now) + *level.timeout;
    if (!first || end < first->end) first = {level.name, *level.timeout, end};
  }
  return first;
}

}  // namespace melisai::serve
