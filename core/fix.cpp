#include "core/fix.h"

#include "core/base/files.h"
#include "core/bisect_result.h"
#include "core/builder.h"
#include "core/machine_use.h"
#include "core/pipeline_chain.h"
#include "core/run/run.h"

namespace melisai {
namespace {

using RunOutcome = PipelineRun::Outcome;

constexpr const char* kEvidenceFile = "evidence.json";
constexpr const char* kFixerLog = "fixer.log";

class Fix {
 public:
  Fix(const FixRequest& request, ProcessRunner& fixers, World& world)
      : request_(request),
        fixers_(fixers),
        world_(world),
        git_(world.open_repo(request.failed.repository, request.failed.project.git)) {}

  PipelineResult run() {
    const Step<void> proposed = prepare_and_propose();
    const Step<std::string> sha = proposed ? commit() : Step<std::string>(proposed.error());
    if (!sha) return {.outcome = outcome_of(sha.error().code), .reason = sha.error().reason};
    PipelineRequest patched = request_.failed;
    patched.sha = *sha;
    patched.base = request_.failed.before;
    // A green run of it must not be what later commits are measured against, and what the
    // operator lets the project see is not for whoever steered the program.
    patched.trusted = false;
    patched.project.measure.pass_env.clear();
    PipelineResult result = run_pipeline(patched, world_);
    const std::string patch = "the patch in " + place(kPatchFile);
    if (result.outcome == RunOutcome::passed)
      result.reason = patch + " mends it; it is commit " + short_sha(*sha) + ", " + request_.ref;
    else if (result.outcome == RunOutcome::error)
      result.reason = "whether " + patch + " mends it is not known: " + result.reason;
    else
      result.reason = patch + " does not mend it: " + result.reason;
    return result;
  }

 private:
  std::string place(const std::string& name) const {
    return request_.failed.output_dir + "/" + name;
  }

  /// Nobody times anything meanwhile. The pipeline takes its own share afterwards.
  Step<void> prepare_and_propose() {
    MachineUse machine(world_);
    MELISAI_CHECK(machine.share(request_.failed.project.measure.machine_wait));
    SeededRng names(fresh_seed());
    MELISAI_TRY(const run::WorkDirectory work,
                step(run::WorkDirectory::make(request_.failed.workspace, random_hex(names)),
                     ReasonCode::disk));
    const std::string source = work.path() + "/source";
    MELISAI_CHECK(prepare(source));
    return propose(source);
  }

  Step<void> prepare(const std::string& source) {
    MELISAI_CHECK(step(make_directories(source), ReasonCode::disk));
    MELISAI_CHECK(step(git_->checkout(request_.failed.sha, source), ReasonCode::git));
    return step(
        write_file(place(kEvidenceFile), to_json(request_.evidence, request_.failed, source)),
        ReasonCode::disk);
  }

  Step<void> propose(const std::string& source) {
    Command command;
    command.argv = argv_of(request_.program);
    command.stdin_file = place(kEvidenceFile);
    command.env = run::stage_environment(request_.failed.project.measure, {});
    command.cwd = source;
    command.stdout_file = place(kPatchFile);
    command.stderr_file = place(kFixerLog);
    // The head of a longer one would be a patch too, but another one.
    command.output_max = kPatchBytesMax + 1;
    command.mask_output = true;
    command.timeout = request_.timeout;
    command.limits = request_.failed.limits;
    MELISAI_TRY(const Exit exit, step(fixers_.run(command), ReasonCode::internal));
    if (exit.end == Exit::End::interrupted)
      return Stop{ReasonCode::interrupted, "interrupted while a fix was looked for"};
    if (!exit.ok())
      return Stop{ReasonCode::build_failed,
                  "the fixer has no fix: " + describe(exit, request_.timeout) +
                      "; log: " + place(kFixerLog)};
    return {};
  }

  Step<std::string> commit() {
    const Result<std::string> sha =
        git_->commit_patch({.sha = request_.failed.sha,
                            .file = place(kPatchFile),
                            .message = "Fix proposed for " + request_.evidence.run + "\n",
                            .ref = request_.ref});
    if (sha) return *sha;
    const bool is_the_patch = sha.error().code == Errc::usage || sha.error().code == Errc::limit;
    return stop_for(is_the_patch ? Error{Errc::parse, sha.error().message} : sha.error(),
                    is_the_patch ? ReasonCode::build_failed : ReasonCode::git);
  }

  const FixRequest& request_;
  ProcessRunner& fixers_;
  World& world_;
  std::unique_ptr<GitRepo> git_;
};

}  // namespace

PipelineResult try_fix(const FixRequest& request, ProcessRunner& fixers, World& world) {
  return Fix(request, fixers, world).run();
}

}  // namespace melisai
