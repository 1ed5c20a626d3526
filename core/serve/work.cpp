#include "core/serve/work.h"

#include <algorithm>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/pipeline.h"
#include "core/serve/config.h"
#include "core/serve/pinned.h"
#include "core/serve/pipeline_file.h"
#include "core/serve/pipelines.h"
#include "core/serve/workspace.h"
#include "core/store/queue.h"

namespace melisai::serve {
namespace {

constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";

std::string without(std::string_view prefix, const std::string& ref) {
  return ref.starts_with(prefix) ? ref.substr(prefix.size()) : "";
}

/// What the run needs of the queue.
struct Task {
  PipelineRun run;
  RunEvent event;
  std::vector<PipelineRun> siblings;  ///< runs of the same event
};

Result<Task> read_task(const WorkRequest& request) {
  MELISAI_TRY(std::optional<store::Queue> queue, store::Queue::open_reader(request.state_dir));
  if (!queue)
    return Error{Errc::not_found, "there is no queue in " + request.state_dir +
                                      "; `serve` starts this command, people do not"};
  Task task;
  MELISAI_TRY(task.run, queue->run(request.run));
  MELISAI_TRY(task.event, queue->event(task.run.event));
  MELISAI_TRY(task.siblings, queue->runs_of_event(task.run.event));
  return task;
}

ConditionFacts facts_of(const Task& task) {
  ConditionFacts facts;
  facts.branch = without(kBranches, task.run.ref);
  facts.tag = without(kTags, task.run.ref);
  for (const PipelineRun& sibling : task.siblings)
    if (sibling.outcome) facts.results[sibling.pipeline] = to_string(*sibling.outcome);
  return facts;
}

/// Nobody watches an attempt, but its log says what it waits for.
class NotesInLog final : public ProgressSink {
 public:
  void stage_started(const std::string&, const std::string&) override {}
  void stage_finished(const StageResult&) override {}
  void pair_finished(const PairProgress&) override {}
  void note(const std::string& sentence) override { log_warning(sentence); }
};

/// The project as it is at this commit, with the operator's pipelines where there are any.
struct Described {
  Project project;
  ServePipeline pipeline;
  TreeLimits limits;
  CacheOptions kept;
  Milliseconds quiet_wait{0};
};

Result<Described> describe(const Task& task, const Pinned& pinned, const std::string& file,
                           const EnvLookup& env) {
  MELISAI_TRY(
      const LoadedConfig loaded,
      parse_serve_config(pinned.serve_file, "(configuration of the run)", sources_for("/", env)));
  Described described;
  MELISAI_TRY(described.project,
              read_pipeline_file(pinned.pipeline_file, file, loaded.config, env));
  described.project.name = task.run.project;
  const ResourceLimits& resources = loaded.config.orchestrator.resources;
  described.quiet_wait = loaded.config.orchestrator.preflight.quiet_wait;
  described.kept = loaded.config.orchestrator.cache;
  // Those of a single process break programs that only reserve memory: never unasked.
  described.limits = {.memory_max = resources.memory_max,
                      .cpus_max = resources.cpus_max,
                      .per_process = resources != ResourceLimits{}};
  const auto& projects = loaded.config.projects;
  const auto watched =
      std::find_if(projects.begin(), projects.end(),
                   [&](const WatchedProject& project) { return project.name == task.run.project; });
  if (watched == projects.end())
    return Error{Errc::config, "the configuration has no project '" + task.run.project + "'"};
  MELISAI_TRY(const std::vector<ServePipeline> pipelines,
              pipelines_at(loaded.config, *watched, described.project.pipelines));
  described.project.pipelines.clear();
  for (const ServePipeline& pipeline : pipelines) {
    described.project.pipelines.push_back(pipeline.spec);
    if (pipeline.spec.name == task.run.pipeline) described.pipeline = pipeline;
  }
  return described;
}

Result<PipelineResult> result_of(const WorkRequest& request, World& world) {
  MELISAI_TRY(const Task task, read_task(request));
  MELISAI_TRY(const Pinned pinned, pinned_from_json(task.run.configuration));
  const std::string file = request.directory + "/pipeline.yaml";
  MELISAI_CHECK(write_file(file, pinned.pipeline_file));
  Result<Described> described = describe(task, pinned, file, world.env);
  if (!described)
    return PipelineResult{.outcome = PipelineRun::Outcome::failed,
                          .reason = described.error().message};
  MELISAI_CHECK(prepare_workspace(request.workspace));
  if (const std::string why = why_not(described->pipeline.condition, facts_of(task)); !why.empty())
    return PipelineResult{.outcome = PipelineRun::Outcome::skipped, .reason = why};
  std::map<std::string, std::string> params = described->pipeline.params;
  for (const auto& [name, value] : task.event.params) params[name] = value;
  return run_pipeline({.repository = repository_of(request.state_dir, task.run.project),
                       .project = std::move(described->project),
                       .pipeline = task.run.pipeline,
                       .sha = task.run.sha,
                       .branch = without(kBranches, task.run.ref),
                       .before = task.event.before,
                       .config_file = file,
                       .params = std::move(params),
                       .trusted = task.run.trusted,
                       .state_dir = request.state_dir,
                       .output_dir = request.directory,
                       .quiet_wait = described->quiet_wait,
                       .limits = described->limits,
                       .kept = described->kept,
                       .workspace = request.workspace},
                      world);
}

}  // namespace

std::string repository_of(const std::string& state_dir, const std::string& project) {
  return state_dir + "/repositories/" + project + ".git";
}

Result<int> work(const WorkRequest& request, World& world) {
  NotesInLog notes;
  World noted{.clock = world.clock,
              .processes = world.processes,
              .progress = notes,
              .env = world.env,
              .open_repo = world.open_repo,
              .interrupted = world.interrupted,
              .plugins = world.plugins,
              .machine_lock = world.machine_lock};
  MELISAI_TRY(const PipelineResult result, result_of(request, noted));
  MELISAI_CHECK(write_file(request.directory + "/" + kResultFile, to_json(result)));
  return 0;
}

}  // namespace melisai::serve
