#include "core/serve/work.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/secrets.h"
#include "core/pipeline.h"
#include "core/serve/changed_paths.h"
#include "core/serve/default_branch.h"
#include "core/serve/hidden_memory.h"
#include "core/serve/open_files.h"
#include "core/serve/ready_attempt.h"
#include "core/serve/time_limit.h"
#include "core/serve/unchanged.h"
#include "core/serve/waits_for.h"
#include "core/serve/work_description.h"
#include "core/serve/work_follow_up.h"
#include "core/serve/work_sandbox.h"
#include "core/serve/workspace.h"
#include "core/store/queue.h"

namespace melisai::serve {
namespace {

using RunOutcome = PipelineRun::Outcome;

constexpr std::string_view kBranches = "refs/heads/";

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

/// Nobody watches an attempt, but its log says what it waits for, and a file while it does.
class NotesInLog final : public ProgressSink {
 public:
  explicit NotesInLog(std::string directory) : file_(std::move(directory) + "/" + kWaitsForFile) {}
  void stage_started(const std::string&, const std::string&) override {}
  void stage_finished(const StageResult&) override {}
  void pair_finished(const PairProgress&) override {}
  void note(const std::string& sentence) override { log_warning(sentence); }
  void waits_for(const std::string& what) override {
    const Result<void> told = what.empty() ? remove_tree(file_)
                                           : write_file(file_, masked(what).substr(0, kWaitsForMax),
                                                        {.private_mode = true});
    if (!told) log_warning("what this waits for cannot be shown: " + told.error().message);
  }

 private:
  std::string file_;
};

/// What the push of this run changed; not asked for when no condition needs it.
Result<ChangedPaths> changes_of(const WorkRequest& request, const Task& task,
                                const Described& described, World& world) {
  const std::vector<Condition> conditions = conditions_of(described);
  if (std::none_of(conditions.begin(), conditions.end(), asks_for_paths)) return ChangedPaths{};
  MELISAI_TRY(const std::optional<store::Queue> queue,
              store::Queue::open_reader(request.state_dir));
  if (!queue) return Error{Errc::io, "the queue is gone from " + request.state_dir};
  ChangedPathsQuestion question{.kind = task.event.kind, .ref = task.run.ref, .sha = task.run.sha};
  question.since = task.event.before;
  if (!task.event.proposal) {
    MELISAI_TRY(question.since, queue->unseen_since(task.run));
  }
  MELISAI_TRY(const std::vector<store::RefState> known, queue->refs(task.run.project));
  std::vector<RemoteRef> refs;
  for (const store::RefState& ref : known) refs.push_back({ref.ref, ref.sha});
  question.main_ref = default_branch(described.watched, refs);
  for (const RemoteRef& ref : refs)
    if (ref.name == question.main_ref) question.main_sha = ref.sha;
  const auto git = world.open_repo(mirror_of(request.state_dir, task.event), described.project.git);
  return changed_paths(question, *git);
}

/// The first condition that does not hold; "" when all do.
std::string why_skipped(const Task& task, const Described& described, const ChangedPaths& changes) {
  ConditionFacts facts = facts_of(task, described);
  facts.changed_paths = changes.paths;
  for (const Condition& condition : conditions_of(described))
    if (std::string why = why_not(condition, facts); !why.empty()) return why;
  return "";
}

/// "" when it has to run, also when nobody can tell. What it runs with is written down, for those
/// that may pass as this one.
std::string passed_already(const WorkRequest& request, const Task& task, const Described& described,
                           World& world) {
  if (!described.config.orchestrator.optimization.skip_unchanged_tests ||
      !may_pass_unchanged(task, described))
    return "";
  const std::string with = tested_with(described);
  if (const auto kept = write_file(request.directory + "/" + kTestedWithFile, with); !kept)
    log_warning("no later run can pass as this one: " + kept.error().message);
  const auto queue = store::Queue::open_reader(request.state_dir);
  if (!queue || !*queue) return "";
  const auto git = world.open_repo(mirror_of(request.state_dir, task.event), described.project.git);
  const auto passed =
      passed_as({.task = task, .described = described, .with = with, .now = world.clock.now()},
                **queue, *git);
  if (passed) return *passed;
  log_warning("whether the tests have passed already is not known: " + passed.error().message);
  return "";
}

/// A run that only may have been needed says so.
void add_remark(const ChangedPaths& changes, PipelineResult& result) {
  if (changes.why_unknown.empty()) return;
  if (!result.reason.empty()) result.reason += "; ";
  result.reason += "changed paths are not known, which counts as matching: " + changes.why_unknown;
}

std::map<std::string, std::string> variables_of(const Task& task) {
  const RunEvent& event = task.event;
  std::map<std::string, std::string> variables = {
      {"MELISAI_REF", task.run.ref},
      {"MELISAI_TRIGGER", std::string(to_string(event.kind))},
      {"MELISAI_TRIGGER_TIME", utc_time(event.received_at)}};
  if (!event.proposal) return variables;
  variables["MELISAI_PULL_REQUEST"] = std::to_string(event.proposal->number);
  variables["MELISAI_BASE_BRANCH"] = event.proposal->base.substr(kBranches.size());
  return variables;
}

PipelineRequest request_of(const WorkRequest& request, const Task& task, Described described) {
  const OrchestratorOptions options = described.config.orchestrator;
  const auto& proposal = task.event.proposal;
  return {
      .repository = mirror_of(request.state_dir, task.event),
      .project = std::move(described.project),
      .pipeline = described.pipeline.spec.name,
      .sha = task.run.sha,
      .branch = task.run.ref.starts_with(kBranches) ? task.run.ref.substr(kBranches.size()) : "",
      .proposal = proposal ? name_of(*proposal) : "",
      .before = task.event.before,
      .base = proposal ? task.event.before : "",
      .config_file = request.directory + "/pipeline.yaml",
      .params = params_of(task, described),
      .variables = variables_of(task),
      .trusted = task.run.trusted,
      .state_dir = request.state_dir,
      .output_dir = request.directory,
      .quiet_wait = options.preflight.quiet_wait,
      // Those of a single process break programs that only reserve memory: never unasked.
      .limits = {.memory_max = options.resources.memory_max,
                 .cpus_max = options.resources.cpus_max,
                 .per_process = options.resources != ResourceLimits{}},
      .kept = options.cache,
      .workspace = request.workspace};
}

/// Whoever ends this process ends what it started too, and that may be dead first. A stage that was
/// killed so has not failed.
PipelineResult settled(PipelineResult result, const World& world) {
  constexpr int kLooks = 20;
  constexpr Milliseconds kBetween{10};
  for (int i = 0; i < kLooks && result.outcome == RunOutcome::failed; ++i) {
    if (world.interrupted()) return {.outcome = RunOutcome::error, .reason = "interrupted"};
    std::this_thread::sleep_for(kBetween);
  }
  return result;
}

/// The run, as long as its workflow has time.
Result<PipelineResult> run_in_time(const PipelineRequest& request,
                                   const std::optional<WorkflowTime>& limit, World& world) {
  if (!limit) return settled(run_pipeline(request, world), world);
  const PipelineResult over{.outcome = RunOutcome::failed,
                            .reason = "workflow '" + limit->workflow +
                                      "' has used up its timeout of " +
                                      format_duration(limit->timeout)};
  const auto left = limit->end - world.clock.now();
  if (left <= left.zero()) return over;
  TimeLimit time;
  MELISAI_CHECK(time.start(left));
  PipelineResult result = settled(run_pipeline(request, world), world);
  if (result.outcome != RunOutcome::error || !time.over()) return result;
  result.outcome = over.outcome;
  result.reason = over.reason;
  return result;
}

/// Of what strangers, git and benchmarks said. Logs never had them.
PipelineResult without_secrets(PipelineResult result) {
  result.reason = masked(std::move(result.reason));
  for (StageResult& stage : result.stages) stage.message = masked(std::move(stage.message));
  return result;
}

/// What is pushed decides what stages see (measure.pass_env). While this process has one thread.
void forget(const std::set<std::string>& secrets) {
  for (const std::string& name : secrets) unsetenv(name.c_str());
}

World with(const World& world, ProcessRunner& processes, ProgressSink& progress) {
  return {.clock = world.clock,
          .processes = processes,
          .progress = progress,
          .env = world.env,
          .open_repo = world.open_repo,
          .interrupted = world.interrupted,
          .plugins = world.plugins,
          .machine_lock = world.machine_lock};
}

/// The mirror does not say where it came from. The server's token gets submodules of whoever may
/// push; strangers could name any repository that it can read.
World with_origin(const World& world, std::string mirror, RemoteAddress origin) {
  World made = with(world, world.processes, world.progress);
  made.open_repo = [open = world.open_repo, mirror = std::move(mirror), origin = std::move(origin)](
                       const std::string& directory, GitOptions options) {
    if (directory == mirror) options.origin = origin;
    return open(directory, options);
  };
  return made;
}

/// What the run is there for, with its commands run by `world`, and the operator's by `operators`.
Result<PipelineResult> run_in(const WorkRequest& request, const Task& task,
                              const Described& described, ProcessRunner& operators, World& world) {
  if (const auto follow_up = follow_up_in(task.event)) {
    MELISAI_TRY(PipelineResult result,
                run_follow_up(*follow_up, described.config, request_of(request, task, described),
                              operators, world));
    return settled(std::move(result), world);
  }
  MELISAI_TRY(const ChangedPaths changes, changes_of(request, task, described, world));
  if (const std::string why = why_skipped(task, described, changes); !why.empty())
    return PipelineResult{.outcome = RunOutcome::skipped, .reason = why};
  if (const std::string passed = passed_already(request, task, described, world); !passed.empty())
    return PipelineResult{.outcome = RunOutcome::passed, .reason = passed};
  PipelineRequest pipeline = request_of(request, task, described);
  // Strangers and tags have no commit before them whose leftovers are theirs.
  pipeline.incremental = described.config.orchestrator.optimization.incremental_builds &&
                         task.run.trusted && !pipeline.branch.empty();
  MELISAI_TRY(PipelineResult result,
              run_in_time(pipeline, workflow_time(task, described, world.clock.now()), world));
  add_remark(changes, result);
  return result;
}

Result<PipelineResult> run_described(const WorkRequest& request, const Task& task,
                                     const Described& described, World& world) {
  return run_in(request, task, described, world.processes, world);
}

/// The same, of code that nobody trusts: stages, benchmarks and both sides of a comparison.
Result<PipelineResult> run_confined(const WorkRequest& request, const Task& task,
                                    const Described& described, World& world) {
  Result<Confined> confined =
      Confined::make(request, described.config.orchestrator.untrusted, world);
  // A fix that nobody can try is not worth its program's time.
  const std::string what = task.run.trusted ? "no fix was looked for: " : "";
  if (!confined && confined.error().code == Errc::unavailable)
    return PipelineResult{.outcome = RunOutcome::failed, .reason = what + confined.error().message};
  if (!confined) return confined.error();
  World inside = with(world, confined->processes(), world.progress);
  return run_in(request, task, described, world.processes, inside);
}

Result<PipelineResult> result_of(const WorkRequest& request, World& world) {
  MELISAI_TRY(const Task task, read_task(request));
  MELISAI_TRY(const Pinned pinned, pinned_from_json(task.run.configuration));
  const std::string file = request.directory + "/pipeline.yaml";
  MELISAI_CHECK(write_file(file, pinned.pipeline_file));
  const Result<Described> described = describe(task, pinned, file, world.env);
  if (!described)
    return PipelineResult{.outcome = RunOutcome::failed, .reason = described.error().message};
  MELISAI_CHECK(keep_secrets(described->secrets, is_vouched_for(task)));
  if (!described->file_problem.empty())
    log_warning("this pipeline does without the pipeline file, which cannot be read: " +
                described->file_problem);
  forget(described->config.secrets);
  MELISAI_CHECK(prepare_workspace(request.workspace));
  const auto run =
      needs_sandbox(task, described->config.orchestrator.untrusted) ? run_confined : run_described;
  const WatchedProject& project = described->watched;
  World from_server =
      with_origin(world, repository_of(request.state_dir, project.name),
                  {.url = project.repository, .token = is_vouched_for(task) ? project.token : ""});
  return run(request, task, *described, from_server);
}

}  // namespace

std::string repository_of(const std::string& state_dir, const std::string& project) {
  return state_dir + "/repositories/" + project + ".git";
}

std::string mirror_of(const std::string& state_dir, const RunEvent& event) {
  if (event.trusted || !event.proposal) return repository_of(state_dir, event.project);
  return state_dir + "/proposals/" + event.project + ".git";
}

Result<int> work(const WorkRequest& asked, World& world) {
  hide_memory();
  if (asked.open_files > 0) MELISAI_CHECK(limit_open_files(asked.open_files));
  WorkRequest request = asked;
  if (!asked.ready.empty()) {
    MELISAI_TRY(const std::optional<HandedOver> told, wait_for_run(asked.ready));
    if (!told) return 0;
    request.run = told->run;
    request.directory = told->directory;
    if (chdir(request.directory.c_str()) != 0)
      return error_from_errno(errno, "cannot go to " + request.directory);
  }
  NotesInLog notes(request.directory);
  World noted = with(world, world.processes, notes);
  MELISAI_TRY(const PipelineResult result, result_of(request, noted));
  MELISAI_CHECK(
      write_file(request.directory + "/" + kResultFile, to_json(without_secrets(result))));
  return 0;
}

}  // namespace melisai::serve
