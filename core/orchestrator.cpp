#include "core/orchestrator.h"

#include <algorithm>

#include "core/acknowledged.h"
#include "core/base/files.h"
#include "core/gate/gate.h"
#include "core/measure/measure.h"
#include "core/project_name.h"
#include "core/report/report.h"
#include "core/step.h"
#include "core/trial.h"
#include "core/version.h"

namespace melisai {
namespace {

/// One run of the flow: trigger -> run -> measure <-> gate -> report.
class Flow {
 public:
  Flow(const Request& request, World& world)
      : request_(request),
        world_(world),
        start_(world.clock.monotonic()),
        seed_(request.seed.value_or(fresh_seed())),
        rng_(seed_) {
    report_.tool_version = kVersion;
    report_.started_at = utc_time(world.clock.now());
    report_.seed = seed_;
  }

  Outcome check(const CheckRequest& request) {
    return finish([&]() -> Step<void> {
      MELISAI_CHECK(prepare_output());
      report_.machine = measure::identify_machine();
      MELISAI_CHECK(open_repository(request));
      MELISAI_CHECK(begin_record("check", request.directory));
      MELISAI_CHECK(resolve_head(request));
      MELISAI_CHECK(load_project(request));
      MELISAI_TRY(const run::Plan plan,
                  step(run::make_plan(project_, request.only), ReasonCode::configuration));
      MELISAI_CHECK(resolve_base(request, plan));
      run::BuildCache builds(request.state_dir, project_.cache);
      {
        MELISAI_TRY(run::BuildSlot base, build("base", plan, builds));
        MELISAI_TRY(run::BuildSlot head, build("head", plan, builds));
        MELISAI_CHECK(run_on_head(plan.head_only, head.tree(), ReasonCode::tests_failed));
        std::vector<measure::Subject> subjects;
        for (const BenchmarkSpec& spec : plan.benchmarks)
          subjects.push_back(
              {spec, {"base", base.tree(), spec.run}, {"head", head.tree(), spec.run}});
        MELISAI_CHECK(measure_and_judge(subjects, request.only));
        MELISAI_CHECK(run_after_gate(plan.after_gate, head.tree()));
      }
      builds.evict();
      return {};
    }());
  }

  Outcome compare(const AbRequest& request) {
    return finish([&]() -> Step<void> {
      MELISAI_CHECK(prepare_output());
      report_.machine = measure::identify_machine();
      report_.base.ref = text_of(request.base);
      report_.head.ref = text_of(request.head);
      MELISAI_CHECK(begin_record("ab", request.directory));
      apply(request.overrides, project_);
      BenchmarkSpec spec;
      spec.name = "ab";
      spec.format = request.format;
      measure::Subject subject{spec,
                               {"base", request.directory, request.base},
                               {"head", request.directory, request.head}};
      subject.base_may_lack_it = false;
      return measure_and_judge({std::move(subject)}, "");
    }());
  }

 private:
  /// Before anything long starts; holds no report of an earlier run from here on.
  Step<void> prepare_output() {
    return step(report::prepare_directory(request_.output_dir), ReasonCode::disk);
  }

  Step<void> open_repository(const CheckRequest& request) {
    report_.head.ref = request.head;
    worktree_ = request.head == kWorkTree;
    git_ = world_.open_repo(request.directory, project_.git);
    MELISAI_TRY(top_, step(git_->worktree(), ReasonCode::git));
    if (!top_.empty() && (request.state_dir + "/").starts_with(top_ + "/"))
      return Stop{ReasonCode::configuration, "--state-dir " + request.state_dir +
                                                 " lies in the work tree, which is never touched; "
                                                 "choose a directory outside " +
                                                 top_};
    project_.name = default_project_name(top_, request.directory);
    if (worktree_ && top_.empty())
      return Stop{ReasonCode::git, "a bare repository has no work tree; name a commit with --head"};
    return {};
  }

  /// From here on the run is remembered, however it ends.
  Step<void> begin_record(const std::string& command, const std::string& directory) {
    const store::Store::Writer writer{
        .command = "melisai-gate " + command + " in " + directory,
        .wait = request_.lock_wait,
        .interrupted = world_.interrupted,
        .waiting = [&](const std::string& sentence) { world_.progress.note(sentence); }};
    MELISAI_TRY(RunLog log, RunLog::begin(request_.state_dir, writer,
                                          {.command = command,
                                           .directory = directory,
                                           .output_dir = request_.output_dir,
                                           .started_at = report_.started_at,
                                           .tool_version = kVersion,
                                           .project = project_.name},
                                          world_.clock.now()));
    report_.run = log.run();
    log_.emplace(std::move(log));
    return {};
  }

  Step<void> resolve_head(const CheckRequest& request) {
    MELISAI_TRY(report_.head.sha,
                step(git_->resolve(worktree_ ? "HEAD" : request.head), ReasonCode::git));
    context_.branch = request.branch.empty()
                          ? branch_of(request.head, report_.head.sha, *git_, world_.env)
                          : request.branch;
    context_.trusted = request.trusted && !is_pull_request(world_.env);
    may_become_baseline_ = !worktree_ && request.only.empty() && !context_.branch.empty();
    return {};
  }

  Step<void> resolve_base(const CheckRequest& request, const run::Plan& plan) {
    context_.configuration = run::configuration_hash(plan, project_.measure);
    MELISAI_TRY(BaseAnswer base, choose_base({.choice = request.base,
                                              .head = report_.head,
                                              .worktree = worktree_,
                                              .project = project_.name,
                                              .branch = context_.branch,
                                              .configuration = context_.configuration,
                                              .machine = report_.machine},
                                             *git_, log_->store()));
    report_.base = std::move(base.commit);
    warn_all(base.warnings);
    if (report_.base.sha == report_.head.sha && !worktree_)
      warn("base and head are the same commit; any difference is noise");
    return {};
  }

  /// The head commit's file rules and is applied to both sides.
  Step<void> load_project(const CheckRequest& request) {
    std::optional<std::string> text;
    std::string file = request.config_file;
    if (file.empty()) {
      file = run::kPipelineFile;
      MELISAI_TRY(text, step(pipeline_file(), ReasonCode::git));
    } else {
      MELISAI_TRY(text, step(read_file(file, run::kPipelineFileMax), ReasonCode::configuration));
    }
    if (text) {
      MELISAI_TRY(project_,
                  step(run::parse_project(*text, file, world_.env), ReasonCode::configuration));
    }
    if (request.commands.any()) {
      MELISAI_TRY(project_.pipelines,
                  step(run::pipelines_from(request.commands), ReasonCode::configuration));
    } else if (!text) {
      return Stop{ReasonCode::configuration,
                  std::string(run::kPipelineFile) + " is not in commit " + report_.head.sha +
                      "; add one (examples: pipelines/), or use --config FILE or --bench CMD"};
    }
    declared_threshold_ = project_.gate.threshold;
    apply(request.overrides, project_);
    if (!project_.collect.enabled && !project_.collect.required.empty())
      return Stop{ReasonCode::configuration, "--collectors off, but " + file + " requires '" +
                                                 project_.collect.required.front() +
                                                 "'; remove one of them"};
    if (project_.name.empty()) project_.name = default_project_name(top_, request.directory);
    git_ = world_.open_repo(request.directory, project_.git);
    return {};
  }

  Result<std::optional<std::string>> pipeline_file() {
    if (!worktree_) return git_->read_file(report_.head.sha, run::kPipelineFile);
    Result<std::string> text = read_file(top_ + "/" + run::kPipelineFile, run::kPipelineFileMax);
    if (!text && text.error().code == Errc::not_found) return std::optional<std::string>();
    if (!text) return text.error();
    return std::optional<std::string>(*std::move(text));
  }

  /// Checks one side out and builds it, or takes the finished build.
  Step<run::BuildSlot> build(const std::string& side, const run::Plan& plan,
                             run::BuildCache& builds) {
    const bool uncommitted = worktree_ && side == "head";
    run::BuildKey key;
    key.sha = uncommitted ? "" : (side == "base" ? report_.base.sha : report_.head.sha);
    key.fingerprint = report_.machine.fingerprint;
    key.pipelines = plan.both_sides;
    key.submodules = project_.git.submodules;
    key.environment = run::stage_environment(project_.measure, {});
    MELISAI_TRY(run::BuildSlot slot, step(builds.acquire(key, random_hex()), ReasonCode::disk));
    if (request_.keep) slot.keep();
    if (slot.reused()) {
      for (const PipelineSpec& pipeline : plan.both_sides)
        record({.name = pipeline.name,
                .side = side,
                .command = text_of(pipeline.run),
                .status = StageResult::Status::cached});
      return slot;
    }
    const auto start = world_.clock.monotonic();
    world_.progress.stage_started("checkout", side);
    const Result<void> out =
        uncommitted ? git_->checkout_worktree(slot.tree()) : git_->checkout(key.sha, slot.tree());
    if (!out) return stop_for(out.error(), ReasonCode::git);
    record({.name = "checkout",
            .side = side,
            .status = StageResult::Status::passed,
            .seconds = seconds_since(start)});
    for (const PipelineSpec& pipeline : plan.both_sides)
      MELISAI_CHECK(run_stage(pipeline, side, slot.tree(), ReasonCode::build_failed));
    MELISAI_CHECK(step(slot.commit(), ReasonCode::disk));
    return slot;
  }

  Step<void> run_on_head(const std::vector<PipelineSpec>& pipelines, const std::string& tree,
                         ReasonCode code) {
    for (const PipelineSpec& pipeline : pipelines)
      MELISAI_CHECK(run_stage(pipeline, "head", tree, code));
    return {};
  }

  Step<void> run_after_gate(const std::vector<PipelineSpec>& pipelines, const std::string& tree) {
    gate::conclude(report_);
    if (report_.verdict == Verdict::pass)
      return run_on_head(pipelines, tree, ReasonCode::tests_failed);
    for (const PipelineSpec& pipeline : pipelines)
      record({.name = pipeline.name,
              .side = "head",
              .command = text_of(pipeline.run),
              .status = StageResult::Status::skipped,
              .message = "the gate did not pass"});
    return {};
  }

  Step<void> run_stage(const PipelineSpec& pipeline, const std::string& side,
                       const std::string& tree, ReasonCode code) {
    world_.progress.stage_started(pipeline.name, side);
    const run::StagePlace place{
        .side = side, .tree = tree, .log_dir = request_.output_dir + "/logs"};
    MELISAI_TRY(StageResult stage, step(run::run_stage(pipeline, place, project_.measure,
                                                       world_.processes, world_.clock),
                                        ReasonCode::internal));
    const bool failed = stage.status == StageResult::Status::failed;
    Stop stop{code, "'" + pipeline.name + "' failed on " + side + ": " + stage.message +
                        "; log: " + request_.output_dir + "/" + stage.log};
    record(std::move(stage));
    if (failed) return stop;
    return {};
  }

  Step<void> measure_and_judge(std::vector<measure::Subject> subjects, const std::string& only) {
    MELISAI_TRY(run::WorkDirectory work,
                step(run::WorkDirectory::make(request_.state_dir, random_hex()), ReasonCode::disk));
    if (request_.keep) {
      work.keep();
      warn("kept: " + work.path());
    }
    collect::Collectors collectors(plugin_places(), project_.collect, world_.clock,
                                   world_.interrupted);
    collectors.load();
    if (project_.collect.enabled && !project_.collect.collectors.empty() &&
        collectors.results().empty())
      warn(
          "no collector is called what collect.collectors names; `melisai-gate plugins` lists "
          "them");
    Trial trial(project_, std::move(subjects), work.path(),
                {world_.processes, world_.clock, rng_, world_.progress, collectors, *log_});
    Step<void> measured = trial.run(only);
    report_.benchmarks = trial.results();
    report_.measurements = trial.measurements();
    if (!project_.name.empty())  // `ab` has no project, and so nothing accepted
      warn_all(acknowledge_slowdowns(report_.benchmarks, log_->store(), project_.name,
                                     utc_time(world_.clock.now()).substr(0, 10)));
    if (only.empty()) warn_all(gate::unused_rules(project_.gate, report_.benchmarks));
    if (measured) profile(trial);
    report_.collectors = collectors.results();
    if (log_->failure()) warn("not every pair could be stored: " + log_->failure()->message);
    if (trial.budget_ended())
      warn("the measuring budget of " + format_duration(project_.gate.budget) +
           " ended before every benchmark was decided; raise gate.budget or --budget");
    return measured;
  }

  /// The verdict stands by then: an interrupt ends the explanation only.
  void profile(Trial& trial) {
    Step<std::vector<Profile>> profiles = trial.profile();
    if (profiles)
      report_.profiles = *std::move(profiles);
    else
      warn("no profiles: " + profiles.error().reason);
  }

  collect::PluginPlaces plugin_places() const {
    collect::PluginPlaces places = world_.plugins;
    places.directories.insert(places.directories.end(), request_.plugin_dirs.begin(),
                              request_.plugin_dirs.end());
    return places;
  }

  /// Judges what there is, writes the report, and never loses the reason why a check stopped.
  Outcome finish(const Step<void>& flow) {
    report_.project = project_.name;
    report_.threshold = project_.gate.threshold;
    report_.false_alarm = project_.gate.false_alarm;
    report_.miss = project_.gate.miss;
    if (!flow) {
      report_.verdict = Verdict::error;
      report_.reason_code = flow.error().code;
      report_.reason = flow.error().reason;
    }
    // A regression that was confirmed before an interrupt is still one.
    if (flow || flow.error().code == ReasonCode::interrupted) gate::conclude(report_);
    report_.seconds = seconds_since(start_);
    keep_or_fail(report::write_reports(report_, request_.output_dir), flow);
    context_.accepts = may_become_baseline_ && is_green(report_, declared_threshold_);
    if (log_ && !keep_or_fail(log_->finish(report_, context_), flow))
      keep_or_fail(report::write_reports(report_, request_.output_dir), flow);
    log_.reset();
    return {std::move(report_), project_.gate.fail_on};
  }

  /// A result that was not kept is no result; an earlier failure is the better reason.
  bool keep_or_fail(const Result<void>& kept, const Step<void>& flow) {
    if (kept || !flow) return kept.has_value();
    report_.verdict = Verdict::error;
    report_.reason_code = ReasonCode::disk;
    report_.reason = kept.error().message;
    return false;
  }

  void record(StageResult stage) {
    world_.progress.stage_finished(stage);
    report_.stages.push_back(std::move(stage));
  }

  void warn_all(const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences) warn(sentence);
  }

  void warn(const std::string& sentence) {
    report_.warnings.push_back(sentence);
    world_.progress.note(sentence);
  }

  std::string random_hex() {
    std::string hex(16, '0');
    for (char& digit : hex) digit = "0123456789abcdef"[name_rng_.below(16)];
    return hex;
  }

  double seconds_since(std::chrono::nanoseconds start) const {
    return std::chrono::duration<double>(world_.clock.monotonic() - start).count();
  }

  const Request& request_;
  World& world_;
  Project project_;
  Report report_;
  std::optional<RunLog> log_;  ///< while the run is being recorded
  store::RunContext context_;
  bool may_become_baseline_ = false;
  double declared_threshold_ = 0;  ///< of the pipeline file, before the command line
  std::unique_ptr<GitRepo> git_;
  std::string top_;  ///< of the work tree, "" for a bare repository
  bool worktree_ = false;
  std::chrono::nanoseconds start_;
  std::uint64_t seed_;
  SeededRng rng_;
  SeededRng name_rng_{
      fresh_seed()};  // directory names must differ between runs with the same --seed
};

}  // namespace

Outcome check(const CheckRequest& request, World& world) {
  return Flow(request, world).check(request);
}

Outcome compare(const AbRequest& request, World& world) {
  return Flow(request, world).compare(request);
}

}  // namespace melisai
