#include "core/serve/work_follow_up.h"

#include <algorithm>

#include "core/base/files.h"
#include "core/culprit.h"
#include "core/fix.h"
#include "core/serve/work.h"
#include "core/store/queue.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kTriesLookedAt = 1'000;  // newest ones of a pipeline
constexpr Milliseconds kFixerTimeout{1'800'000};

/// The last attempt's directory; "" without one.
Result<std::string> directory_of(std::int64_t run, const store::Queue& queue) {
  MELISAI_TRY(const std::vector<Attempt> attempts, queue.attempts(run));
  return attempts.empty() ? std::string() : attempts.back().directory;
}

/// What the last attempt left; what the queue says where it left nothing.
PipelineResult result_in(const std::string& directory, const PipelineRun& run) {
  const auto text = read_file(directory + "/" + kResultFile, kResultFileMax);
  if (text)
    if (auto result = pipeline_result_from_json(*text)) return *std::move(result);
  return {.outcome = run.outcome.value_or(PipelineRun::Outcome::failed), .reason = run.reason};
}

Result<std::vector<FixEvidence::Earlier>> earlier_tries(const FollowUp& follow_up,
                                                        const PipelineRun& failed,
                                                        const store::Queue& queue) {
  MELISAI_TRY(const std::vector<PipelineRun> runs, queue.runs({.project = failed.project,
                                                               .pipeline = failed.pipeline + ":fix",
                                                               .limit = kTriesLookedAt}));
  std::vector<FixEvidence::Earlier> earlier;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    MELISAI_TRY(const RunEvent event, queue.event(run->event));
    const auto of = follow_up_in(event);
    if (!of || of->run != follow_up.run || of->number >= follow_up.number) continue;
    MELISAI_TRY(const std::string directory, directory_of(run->id, queue));
    earlier.push_back({.patch = directory + "/" + kPatchFile, .reason = run->reason});
  }
  return Result<std::vector<FixEvidence::Earlier>>(std::move(earlier));
}

Result<FixRequest> fix_request(const FollowUp& follow_up, const ServeConfig& config,
                               PipelineRequest request) {
  MELISAI_TRY(const std::optional<store::Queue> queue,
              store::Queue::open_reader(request.state_dir));
  if (!queue) return Error{Errc::io, "the queue is gone from " + request.state_dir};
  MELISAI_TRY(const PipelineRun failed, queue->run(follow_up.run));
  FixRequest fix;
  fix.evidence.run = name_of(failed);
  MELISAI_TRY(fix.evidence.directory, directory_of(failed.id, *queue));
  fix.evidence.result = result_in(fix.evidence.directory, failed);
  fix.evidence.number = follow_up.number;
  fix.evidence.tries_max = config.orchestrator.failure.fixes_max;
  MELISAI_TRY(fix.evidence.earlier, earlier_tries(follow_up, failed, *queue));
  fix.program = config.fixer;
  fix.timeout = kFixerTimeout;
  fix.ref = ref_of_fix(failed, follow_up.number);
  fix.failed = std::move(request);
  return Result<FixRequest>(std::move(fix));
}

}  // namespace

std::string ref_of_fix(const PipelineRun& failed, int number) {
  std::string name = failed.pipeline;
  for (char& c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    if (!fine) c = '-';
  }
  std::string ref = "refs/melisai-gate/fixes/" + name + "-" + std::to_string(failed.number) + "-" +
                    std::to_string(number);
  // Two pipelines may look the same by now.
  if (name != failed.pipeline) ref += "+" + std::to_string(failed.id);
  return ref;
}

Result<PipelineResult> run_follow_up(const FollowUp& follow_up, const ServeConfig& config,
                                     PipelineRequest request, ProcessRunner& fixers, World& world) {
  if (follow_up.kind == FollowUp::Kind::bisect) return find_culprit(request, world);
  MELISAI_TRY(const FixRequest fix, fix_request(follow_up, config, std::move(request)));
  return try_fix(fix, fixers, world);
}

}  // namespace melisai::serve
