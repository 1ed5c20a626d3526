#include "core/orchestrator.h"

#include <unistd.h>

#include <algorithm>
#include <functional>

#include "core/acknowledged.h"
#include "core/base/disk_space.h"
#include "core/builder.h"
#include "core/exhibits.h"
#include "core/explain_trial.h"
#include "core/gate/gate.h"
#include "core/machine_use.h"
#include "core/measure/measure.h"
#include "core/preflight.h"
#include "core/preparation.h"
#include "core/project_name.h"
#include "core/repeat.h"
#include "core/report/report.h"
#include "core/step.h"
#include "core/trial.h"

namespace melisai {
namespace {

/// One run of the flow: trigger -> run -> measure <-> gate -> report.
class Flow {
 public:
  Flow(const Request& request, World& world)
      : request_(request),
        world_(world),
        report_(begin_report(request, world)),
        start_(world.clock.monotonic()),
        rng_(report_.seed) {}

  Outcome check(const CheckRequest& request) {
    repeat_ = [&] { return repeat_command(request, report_); };
    return finish([&]() -> Step<void> {
      report_.command = "check";
      MELISAI_CHECK(prepare_output());
      report_.machine = measure::identify_machine();
      MELISAI_CHECK(open_repository(request));
      MELISAI_CHECK(begin_record(request.directory));
      MELISAI_CHECK(resolve_head(request));
      MELISAI_CHECK(load_project(request));
      MELISAI_TRY(const run::Plan plan,
                  step(run::make_plan(project_, request.only), ReasonCode::configuration));
      MELISAI_CHECK(resolve_base(request, plan));
      MELISAI_CHECK(machine_.share(project_.measure.machine_wait));
      run::BuildCache builds(request.tree_dir(), project_.cache);
      Builder builder({.project = project_,
                       .pipelines = plan.both_sides,
                       .fingerprint = report_.machine.fingerprint,
                       .output_dir = request.output_dir,
                       .keep = request.keep,
                       .limits = request.limits,
                       .trusted = request.trusted},
                      *git_, builds, world_, report_.stages);
      {
        MELISAI_TRY(run::BuildSlot base, builder.build("base", report_.base.sha));
        MELISAI_TRY(run::BuildSlot head, builder.build("head", worktree_ ? "" : report_.head.sha));
        MELISAI_CHECK(
            builder.run_stages(plan.head_only, "head", head.tree(), ReasonCode::tests_failed));
        std::vector<measure::Subject> subjects;
        for (const BenchmarkSpec& spec : plan.benchmarks)
          subjects.push_back(
              {spec, {"base", base.tree(), spec.run}, {"head", head.tree(), spec.run}});
        MELISAI_CHECK(measure_and_judge(subjects, request.only));
        MELISAI_CHECK(run_after_gate(plan.after_gate, head.tree(), builder));
      }
      builds.evict();
      return {};
    }());
  }

  Outcome compare(const AbRequest& request) {
    repeat_ = [&] { return repeat_command(request, report_); };
    return finish([&]() -> Step<void> {
      report_.command = "ab";
      MELISAI_CHECK(prepare_output());
      report_.machine = measure::identify_machine();
      report_.base.ref = text_of(request.base);
      report_.head.ref = text_of(request.head);
      MELISAI_CHECK(begin_record(request.directory));
      project_.gate.health.profile = kNoProfile;
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
    MELISAI_TRY(OpenedRepository opened,
                melisai::open_repository(request.directory, request.state_dir, world_));
    git_ = std::move(opened.git);
    top_ = std::move(opened.top);
    project_.name =
        request.project.empty() ? default_project_name(top_, request.directory) : request.project;
    if (worktree_ && top_.empty())
      return Stop{ReasonCode::git, "a bare repository has no work tree; name a commit with --head"};
    return {};
  }

  Step<void> begin_record(const std::string& directory) {
    MELISAI_TRY(
        RunLog log,
        begin_run(request_,
                  {.command = report_.command, .directory = directory, .project = project_.name},
                  report_, world_));
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
    BaseQuestion question{.choice = request.base,
                          .head = report_.head,
                          .worktree = worktree_,
                          .project = project_.name,
                          .branch = context_.branch,
                          .configuration = context_.configuration,
                          .machine = report_.machine};
    Step<BaseAnswer> answer = choose_base(question, *git_, log_->store());
    if (!answer && answer.error().code == ReasonCode::baseline && !request.base_otherwise.empty()) {
      question.choice = {.kind = BaseChoice::Kind::reference, .value = request.base_otherwise};
      answer = choose_base(question, *git_, log_->store());
    }
    MELISAI_TRY(BaseAnswer base, std::move(answer));
    report_.base = std::move(base.commit);
    warn_all(base.warnings);
    if (report_.base.sha == report_.head.sha && !worktree_)
      warn("base and head are the same commit; any difference is noise");
    return {};
  }

  /// The head commit's file rules and is applied to both sides.
  Step<void> load_project(const CheckRequest& request) {
    MELISAI_TRY(LoadedProject loaded, melisai::load_project({.directory = request.directory,
                                                             .top = top_,
                                                             .config_file = request.config_file,
                                                             .sha = report_.head.sha,
                                                             .worktree = worktree_,
                                                             .commands = request.commands,
                                                             .overrides = request.overrides},
                                                            *git_, world_.env));
    project_ = std::move(loaded.project);
    declared_threshold_ = loaded.declared_threshold;
    git_ = world_.open_repo(request.directory, project_.git);
    if (!request.project.empty()) project_.name = request.project;
    if (!request.pipelines.empty()) project_.pipelines = request.pipelines;
    return {};
  }

  /// `head` is its finished tree.
  Step<void> run_after_gate(const std::vector<PipelineSpec>& pipelines, const std::string& head,
                            Builder& builder) {
    gate::conclude(report_);
    if (report_.verdict == Verdict::pass && !pipelines.empty())
      MELISAI_CHECK(machine_.share(project_.measure.machine_wait));
    if (report_.verdict == Verdict::pass)
      return builder.run_stages(pipelines, "head", head, ReasonCode::tests_failed);
    builder.skip_stages(pipelines, "head", "the gate did not pass");
    return {};
  }

  Step<void> measure_and_judge(std::vector<measure::Subject> subjects, const std::string& only) {
    MELISAI_TRY(run::WorkDirectory work,
                step(run::WorkDirectory::make(request_.tree_dir(), random_hex(name_rng_)),
                     ReasonCode::disk));
    if (request_.keep) {
      work.keep();
      warn("kept: " + work.path());
    }
    MELISAI_CHECK(machine_.claim(project_.measure.machine_wait));
    if (!machine_.unprotected().empty()) warn(machine_.unprotected());
    MELISAI_CHECK(wait_until_quiet());
    const HostProfile watched = health_profile();
    collect::Collectors collectors(
        plugin_places(), project_.collect, world_.clock, world_.interrupted,
        {.sample_interval_ms = static_cast<int>(watched.sample_interval.count())}, watched);
    const collect::OverheadProbe overhead(getpid());
    collectors.load();
    if (const std::string problem = tool_problem(watched, collectors.results()); !problem.empty())
      warn(problem);
    if (project_.collect.enabled && !project_.collect.collectors.empty() &&
        collectors.results().empty())
      warn(
          "no collector is called what collect.collectors names; `melisai-gate plugins` lists "
          "them");
    if (const std::string cause = gate::cannot_turn_red(project_.gate.max_pairs); !cause.empty())
      warn(cause);
    Trial trial(project_, std::move(subjects), work.path(),
                {world_.processes, world_.clock, rng_, world_.progress, collectors, &*log_,
                 measure::find_counters()});
    Step<void> measured = trial.run(only);
    full_disk_ = full_disk(request_.tree_dir());
    report_.benchmarks = trial.results();
    report_.measurements = trial.measurements();
    if (!project_.name.empty())  // `ab` has no project, and so nothing accepted
      warn_all(acknowledge_slowdowns(report_.benchmarks, log_->store(), project_.name,
                                     worktree_ ? "" : report_.head.sha,
                                     utc_time(world_.clock.now()).substr(0, 10)));
    if (only.empty()) warn_all(gate::unused_rules(project_.gate, report_.benchmarks));
    if (measured) keep_regression();
    if (measured) profile(trial);
    if (measured) explain(trial);
    if (measured) look_at_health(trial);
    report_.collectors = collectors.results();
    machine_.release();
    report_.overhead = overhead.so_far();
    if (!log_->failure().empty()) warn(log_->failure());
    if (const std::size_t cut = trial.exact().left_out().size(); cut > 0)
      warn("gate.exact.budget (" + format_duration(project_.gate.exact.budget) +
           ") ended before the instructions of " + std::to_string(cut) +
           (cut == 1 ? " benchmark were" : " benchmarks were") + " counted; raise it");
    if (trial.budget_ended())
      warn("the measuring budget of " + format_duration(project_.gate.budget) +
           " ended before every benchmark was decided; raise gate.budget or --budget");
    return measured;
  }

  /// Whether the noise was too much is for the numbers to say.
  Step<void> wait_until_quiet() {
    if (request_.quiet_wait == Milliseconds(0)) return {};
    MELISAI_TRY(const std::string noise,
                wait_for_quiet(request_.quiet_wait, project_.collect, world_,
                               [] { return read_host_counters(); }));
    if (!noise.empty())
      warn("not quiet within " + format_duration(request_.quiet_wait) + ": " + noise +
           "; timed all the same");
    return {};
  }

  /// What comes now runs programs of both sides again and reads their files, and may take the gate
  /// down with it: a regression must not be lost with the explanation. No other verdict is told
  /// before its time, since what comes after the gate may still fail. The store takes a report
  /// once.
  void keep_regression() {
    Report early = report_;
    describe_rule(project_, early);
    gate::conclude(early);
    if (early.verdict != Verdict::regression) return;
    early.seconds = seconds_since(start_);
    if (const Result<void> kept = write_reports(early); !kept) warn(kept.error().message);
  }

  /// The verdict stands by then: an interrupt ends the explanation only.
  void profile(Trial& trial) {
    Step<std::vector<Profile>> profiles = trial.profile();
    if (profiles)
      report_.profiles = *std::move(profiles);
    else
      warn("no profiles: " + profiles.error().reason);
  }

  void explain(Trial& trial) {
    Explanation explanation =
        explain_trial(trial, project_, report_, request_.output_dir, plugin_places(), world_);
    report_.evidence = std::move(explanation.evidence);
    if (!explanation.ended.empty()) warn("not every slowdown was explained: " + explanation.ended);
  }

  /// The same; where the health decides too, it is inconclusive.
  void look_at_health(Trial& trial) {
    Step<HealthResult> health = trial.health();
    if (health)
      report_.health = *std::move(health);
    else
      warn("no health: " + health.error().reason);
  }

  /// With none nothing says how often to sample, and no tool is named.
  HostProfile health_profile() const {
    const Result<HostProfile> known =
        find_profile(project_.gate.health.profile, project_.collect.profiles);
    return known ? *known : HostProfile{.sample_interval = Milliseconds(0)};
  }

  collect::PluginPlaces plugin_places() const {
    collect::PluginPlaces places = world_.plugins;
    places.directories.insert(places.directories.end(), request_.plugin_dirs.begin(),
                              request_.plugin_dirs.end());
    return places;
  }

  /// Judges what there is, writes the report, and never loses the reason why a check stopped.
  Outcome finish(const Step<void>& flow) {
    describe_rule(project_, report_);
    if (!flow) {
      report_.verdict = Verdict::error;
      report_.reason_code = flow.error().code;
      report_.reason = flow.error().reason;
    }
    // A regression that was confirmed before an interrupt is still one.
    if (flow || flow.error().code == ReasonCode::interrupted) gate::conclude(report_);
    if (report_.reason_code == ReasonCode::bench_failed && !full_disk_.empty()) {
      report_.reason_code = ReasonCode::disk;
      report_.reason += "; " + full_disk_;
    }
    report_.seconds = seconds_since(start_);
    if (log_) {
      exhibits_ = exhibits_of(log_->store(), log_->run(), report_);
      exhibits_.history = histories_of(log_->store(), report_);
    }
    keep_or_fail(write_reports(report_), flow);
    context_.accepts = may_become_baseline_ && is_green(report_, declared_threshold_);
    if (log_ && !keep_or_fail(log_->finish(report_, context_), flow))
      keep_or_fail(write_reports(report_), flow);
    log_.reset();
    return {std::move(report_), project_.gate.fail_on};
  }

  Result<void> write_reports(const Report& report) const {
    return report::write_reports(report, request_.output_dir, repeat_(), exhibits_);
  }

  /// A result that was not kept is no result; an earlier failure is the better reason.
  bool keep_or_fail(const Result<void>& kept, const Step<void>& flow) {
    if (kept || !flow) return kept.has_value();
    report_.verdict = Verdict::error;
    report_.reason_code = ReasonCode::disk;
    report_.reason = kept.error().message;
    return false;
  }

  void warn_all(const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences) warn(sentence);
  }

  void warn(const std::string& sentence) {
    report_.warnings.push_back(sentence);
    world_.progress.note(sentence);
  }

  double seconds_since(std::chrono::nanoseconds start) const {
    return std::chrono::duration<double>(world_.clock.monotonic() - start).count();
  }

  const Request& request_;
  World& world_;
  MachineUse machine_{world_};
  Project project_;
  Report report_;
  std::function<std::string()> repeat_;  ///< the command line, from what is known of the commits
  report::Exhibits exhibits_;            ///< of the run that is going on, once it was measured
  std::optional<RunLog> log_;            ///< while the run is being recorded
  store::RunContext context_;
  bool may_become_baseline_ = false;
  double declared_threshold_ = 0;  ///< of the pipeline file, before the command line
  std::unique_ptr<GitRepo> git_;
  std::string top_;        ///< of the work tree, "" for a bare repository
  std::string full_disk_;  ///< as base/disk_space.h, when the benchmarks had run
  bool worktree_ = false;
  std::chrono::nanoseconds start_;
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
