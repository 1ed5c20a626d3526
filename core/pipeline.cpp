#include "core/pipeline.h"

#include <algorithm>

#include "core/base/files.h"
#include "core/builder.h"
#include "core/machine_use.h"
#include "core/measure/measure.h"
#include "core/pipeline_chain.h"
#include "core/step.h"

namespace melisai {
namespace {

using RunOutcome = PipelineRun::Outcome;

/// A verdict may be harder than its reason code: a regression beside an interrupt is one.
RunOutcome outcome_of(const Report& report) {
  if (report.verdict == Verdict::regression) return RunOutcome::regression;
  return outcome_of(report.reason_code);
}

std::map<std::string, std::string> params_of(const PipelineRequest& request) {
  std::map<std::string, std::string> env;
  for (const auto& [name, value] : request.params) {
    env["MELISAI_PARAM_" + name] = value;
    env[param_variable(name)] = value;
  }
  return env;
}

/// Of the pipeline's own stage only: a build that sees which commit it builds could never be the
/// finished build of another run.
std::map<std::string, std::string> variables_of(const PipelineRequest& request) {
  std::map<std::string, std::string> variables = request.variables;
  variables["MELISAI_PROJECT"] = request.project.name;
  variables["MELISAI_PIPELINE"] = request.pipeline;
  variables["MELISAI_COMMIT"] = request.sha;
  variables["MELISAI_BRANCH"] = request.branch;
  return variables;
}

bool has_followers(const std::string& name, const Project& project) {
  return std::any_of(project.pipelines.begin(), project.pipelines.end(),
                     [&](const PipelineSpec& pipeline) {
                       return std::find(pipeline.after.begin(), pipeline.after.end(), name) !=
                              pipeline.after.end();
                     });
}

/// The run of a pipeline without benchmarks. What others come after is a build: its tree is kept
/// for them. The last of a chain runs in such a tree, always anew.
class PlainRun {
 public:
  PlainRun(const PipelineRequest& request, World& world)
      : request_(request), project_(request.project), world_(world) {}

  PipelineResult run(std::vector<PipelineSpec> chain) {
    std::vector<PipelineSpec> own;
    if (!has_followers(request_.pipeline, project_)) {
      own.push_back(std::move(chain.back()));
      chain.pop_back();
      line_ = line_of(own.front());
      add_environment(variables_of(request_), own.front());
    }
    std::erase_if(chain, [](const PipelineSpec& pipeline) { return pipeline.run.empty(); });
    PipelineResult result;
    const Step<void> ran = run_steps(chain, own, result.stages);
    result.outcome = ran ? RunOutcome::passed : outcome_of(ran.error().code);
    if (!ran) result.reason = ran.error().reason;
    return result;
  }

 private:
  Step<void> run_steps(const std::vector<PipelineSpec>& builds,
                       const std::vector<PipelineSpec>& own, std::vector<StageResult>& stages) {
    MELISAI_CHECK(step(make_directories(request_.output_dir + "/logs"), ReasonCode::disk));
    MELISAI_CHECK(machine_.share(project_.measure.machine_wait));
    run::BuildCache cache(request_.workspace, project_.cache);
    run::KeptPaths kept(request_.state_dir, request_.kept,
                        {.project = project_.name,
                         .branch = request_.proposal.empty() ? request_.branch : request_.proposal,
                         .trusted = request_.trusted});
    const std::unique_ptr<GitRepo> git = world_.open_repo(request_.repository, project_.git);
    Builder builder({.project = project_,
                     .pipelines = builds,
                     .fingerprint = measure::identify_machine().fingerprint,
                     .output_dir = request_.output_dir,
                     .reuse = !builds.empty(),
                     .limits = request_.limits,
                     .kept = &kept,
                     .trusted = request_.trusted,
                     .line = request_.incremental ? text_of(kept.owner()) + line_ : ""},
                    *git, cache, world_, stages);
    Step<void> ran = run_in_tree(own, builder);
    if (!ran && builder.went_on() && is_the_projects(ran.error()) && !world_.interrupted()) {
      world_.progress.note(
          "once more, from nothing: what failed may be what an earlier commit left (" +
          ran.error().reason + ")");
      stages.clear();
      ran = run_in_tree(own, builder);
    }
    MELISAI_CHECK(ran);
    cache.evict();
    kept.evict();
    return {};
  }

  Step<void> run_in_tree(const std::vector<PipelineSpec>& own, Builder& builder) {
    MELISAI_TRY(run::BuildSlot slot, builder.build("head", request_.sha));
    const Step<void> ran = builder.run_stages(own, "head", slot.tree(), ReasonCode::tests_failed);
    if (ran) return step(slot.pass(), ReasonCode::disk);
    if (slot.of_line()) slot.forget();
    return ran;
  }

  /// Branches (the owner of what is kept), pipelines, commands and environments go on from what is
  /// their own: objects that were compiled with other flags look finished to every build tool. What
  /// differs from run to run (variables_of) is no part of it, or nothing would ever go on.
  std::string line_of(const PipelineSpec& own) const {
    std::string line = "pipeline " + request_.pipeline + "\ncommand " + text_of(own.run) + "\n";
    for (const auto& [name, value] : own.env) line += "env " + name + "=" + value + "\n";
    for (const auto& [name, text] : own.secret_env) line += "secret " + name + "=" + text + "\n";
    return line;
  }

  static bool is_the_projects(const Stop& stop) {
    return stop.code == ReasonCode::build_failed || stop.code == ReasonCode::tests_failed;
  }

  const PipelineRequest& request_;
  const Project& project_;
  World& world_;
  MachineUse machine_{world_};
  std::string line_ = "pipeline " + request_.pipeline + "\n";  // with what its own stage is
};

/// Nothing is before it, on every further attempt too, so that it is no error.
bool is_first_commit(const PipelineRequest& request, World& world) {
  if (!request.before.empty()) return false;
  const std::unique_ptr<GitRepo> git = world.open_repo(request.repository, request.project.git);
  if (!git->resolve(request.sha)) return false;
  const Result<std::string> parent = git->resolve(request.sha + "^");
  return !parent && parent.error().code == Errc::not_found;
}

CheckRequest check_request(const PipelineRequest& request, std::vector<PipelineSpec> chain) {
  auto check = command_on<CheckRequest>(request, std::move(chain));
  check.head = request.sha;
  check.branch = request.branch;
  check.trusted = request.trusted;
  check.base.kind = BaseChoice::Kind::last_green;
  if (!request.base.empty())
    check.base = {.kind = BaseChoice::Kind::reference, .value = request.base};
  check.base_otherwise = request.before.empty() ? request.sha + "^" : request.before;
  return check;
}

PipelineResult result_of(const Report& report) {
  return {.outcome = outcome_of(report),
          .reason = report.reason,
          .report = report.run == 0 ? std::nullopt : std::optional(report.run),
          .noisy = report.reason_code == ReasonCode::budget,
          .base = report.base.sha,
          .stages = report.stages};
}

}  // namespace

PipelineRun::Outcome outcome_of(ReasonCode code) {
  switch (code) {
    case ReasonCode::clear: return RunOutcome::passed;
    case ReasonCode::regressed: return RunOutcome::regression;
    case ReasonCode::budget:
    case ReasonCode::nothing_compared:
    case ReasonCode::collector: return RunOutcome::inconclusive;
    case ReasonCode::build_failed:
    case ReasonCode::tests_failed:
    case ReasonCode::bench_failed:
    case ReasonCode::configuration: return RunOutcome::failed;
    case ReasonCode::git:
    case ReasonCode::baseline:
    case ReasonCode::busy:
    case ReasonCode::disk:
    case ReasonCode::interrupted:
    case ReasonCode::internal: return RunOutcome::error;
  }
  return RunOutcome::error;
}

Result<std::vector<PipelineSpec>> chain_of(const PipelineRequest& request) {
  MELISAI_TRY(std::vector<PipelineSpec> chain, run::chain_to(request.pipeline, request.project));
  for (PipelineSpec& pipeline : chain) add_environment(params_of(request), pipeline);
  return Result<std::vector<PipelineSpec>>(std::move(chain));
}

PipelineResult run_pipeline(const PipelineRequest& request, World& world) {
  auto chain = chain_of(request);
  if (!chain) return {.outcome = RunOutcome::failed, .reason = chain.error().message};
  if (chain->back().benchmarks.empty()) return PlainRun(request, world).run(*std::move(chain));
  if (is_first_commit(request, world))
    return {.outcome = RunOutcome::inconclusive,
            .reason = "the first commit has none before it to be compared with; the next one has"};
  return result_of(check(check_request(request, *std::move(chain)), world).report);
}

std::string param_variable(const std::string& name) {
  std::string variable = "MELISAI_PARAM_";
  for (const char c : name) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    variable += lower ? static_cast<char>(c - 'a' + 'A') : plain ? c : '_';
  }
  return variable;
}

}  // namespace melisai
