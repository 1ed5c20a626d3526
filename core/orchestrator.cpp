#include "core/orchestrator.h"

#include <algorithm>
#include <ctime>

#include "core/base/files.h"
#include "core/gate/gate.h"
#include "core/measure/measure.h"
#include "core/report/report.h"
#include "core/step.h"
#include "core/trial.h"
#include "core/version.h"

namespace melisai {
namespace {

constexpr const char* kPipelineFile = ".melisai-gate.yaml";
constexpr const char* kWorkTree = "WORKTREE";
constexpr Bytes kPipelineFileMax = 256 << 10;

std::string utc_time(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

template <class T>
void override_with(const std::optional<T>& value, T& target) {
  if (value) target = *value;
}

void apply(const Overrides& overrides, Project& project) {
  override_with(overrides.threshold, project.gate.threshold);
  override_with(overrides.false_alarm, project.gate.false_alarm);
  override_with(overrides.miss, project.gate.miss);
  override_with(overrides.max_pairs, project.gate.max_pairs);
  override_with(overrides.budget, project.gate.budget);
  override_with(overrides.fail_on, project.gate.fail_on);
  override_with(overrides.pin, project.measure.pin);
  override_with(overrides.cgroup, project.measure.cgroup);
}

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
      MELISAI_CHECK(resolve_commits(request));
      MELISAI_CHECK(load_project(request));
      MELISAI_TRY(const run::Plan plan,
                  step(run::make_plan(project_, request.only), ReasonCode::configuration));
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

  Step<void> resolve_commits(const CheckRequest& request) {
    report_.head.ref = request.head;
    report_.base.ref = request.base;
    git_ = world_.open_repo(request.directory, project_.git);
    worktree_ = request.head == kWorkTree;
    MELISAI_TRY(report_.head.sha,
                step(git_->resolve(worktree_ ? "HEAD" : request.head), ReasonCode::git));
    if (!request.base.empty()) {
      MELISAI_TRY(report_.base.sha, step(git_->resolve(request.base), ReasonCode::git));
      return {};
    }
    MELISAI_TRY(const std::string branch, step(git_->default_branch(), ReasonCode::git));
    MELISAI_TRY(const std::string tip, step(git_->resolve(branch), ReasonCode::git));
    MELISAI_TRY(report_.base.sha, step(git_->merge_base(tip, report_.head.sha), ReasonCode::git));
    report_.base.ref = "merge base with " + branch;
    if (report_.base.sha == report_.head.sha && !worktree_) {
      const Result<std::string> parent = git_->resolve(report_.head.sha + "~1");
      if (!parent)
        return Stop{ReasonCode::git, request.head +
                                         " has no parent to compare with; commit a change, or use "
                                         "--head WORKTREE for what is not committed yet"};
      report_.base.sha = *parent;
      report_.base.ref = "parent of " + request.head;
      warn(request.head + " is already part of " + branch + "; it is compared with its parent");
    }
    return {};
  }

  /// The head commit's file rules and is applied to both sides.
  Step<void> load_project(const CheckRequest& request) {
    MELISAI_TRY(const std::string top, step(git_->worktree(), ReasonCode::git));
    if (!top.empty() && (request.state_dir + "/").starts_with(top + "/"))
      return Stop{ReasonCode::configuration, "--state-dir " + request.state_dir +
                                                 " lies in the work tree, which is never touched; "
                                                 "choose a directory outside " +
                                                 top};
    if (report_.base.sha == report_.head.sha && !worktree_)
      warn("base and head are the same commit; any difference is noise");
    if (worktree_ && top.empty())
      return Stop{ReasonCode::git, "a bare repository has no work tree; name a commit with --head"};
    std::optional<std::string> text;
    std::string file = request.config_file;
    if (file.empty()) {
      file = kPipelineFile;
      MELISAI_TRY(text, step(pipeline_file(top), ReasonCode::git));
    } else {
      MELISAI_TRY(text, step(read_file(file, kPipelineFileMax), ReasonCode::configuration));
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
                  std::string(kPipelineFile) + " is not in commit " + report_.head.sha +
                      "; add one (examples: pipelines/), or use --config FILE or --bench CMD"};
    }
    apply(request.overrides, project_);
    if (project_.name.empty()) {
      const std::string& path = top.empty() ? request.directory : top;
      project_.name = path.substr(path.find_last_of('/') + 1);
    }
    git_ = world_.open_repo(request.directory, project_.git);
    return {};
  }

  Result<std::optional<std::string>> pipeline_file(const std::string& top) {
    if (!worktree_) return git_->read_file(report_.head.sha, kPipelineFile);
    Result<std::string> text = read_file(top + "/" + kPipelineFile, kPipelineFileMax);
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
    Trial trial(project_, std::move(subjects), work.path(), world_.processes, world_.clock, rng_,
                world_.progress);
    Step<void> measured = trial.run(only);
    report_.benchmarks = trial.results();
    report_.measurements = trial.measurements();
    if (trial.budget_ended())
      warn("the measuring budget of " + format_duration(project_.gate.budget) +
           " ended before every benchmark was decided; raise gate.budget or --budget");
    return measured;
  }

  /// Judges what there is, writes the report, and never loses the reason why a check stopped.
  Outcome finish(const Step<void>& flow) {
    if (!flow) {
      report_.verdict = Verdict::error;
      report_.reason_code = flow.error().code;
      report_.reason = flow.error().reason;
    }
    // A regression that was confirmed before an interrupt is still one.
    if (flow || flow.error().code == ReasonCode::interrupted) gate::conclude(report_);
    report_.project = project_.name;
    report_.threshold = project_.gate.threshold;
    report_.false_alarm = project_.gate.false_alarm;
    report_.miss = project_.gate.miss;
    report_.seconds = seconds_since(start_);
    if (const Result<void> written = report::write_reports(report_, request_.output_dir);
        !written) {
      if (flow) {  // an earlier failure is the better reason
        report_.verdict = Verdict::error;
        report_.reason_code = ReasonCode::disk;
        report_.reason = written.error().message;
      }
    }
    return {std::move(report_), project_.gate.fail_on};
  }

  void record(StageResult stage) {
    world_.progress.stage_finished(stage);
    report_.stages.push_back(std::move(stage));
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
  std::unique_ptr<GitRepo> git_;
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
