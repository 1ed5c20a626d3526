#include "core/culprit.h"

#include "core/bisection.h"
#include "core/pipeline_chain.h"

namespace melisai {
namespace {

using RunOutcome = PipelineRun::Outcome;

BisectRequest bisect_request(const PipelineRequest& request, std::vector<PipelineSpec> chain) {
  BisectRequest bisect;
  bisect.directory = request.repository;
  bisect.good = request.before;
  bisect.bad = request.sha;
  bisect.config_file = request.config_file;
  bisect.pipelines = std::move(chain);
  bisect.project = request.project.name;
  bisect.state_dir = request.state_dir;
  bisect.output_dir = request.output_dir;
  bisect.workspace = request.workspace;
  bisect.limits = request.limits;
  bisect.quiet_wait = request.quiet_wait;
  bisect.lock_wait = request.lock_wait;
  return bisect;
}

PipelineResult stopped(const Stop& stop) {
  return {.outcome = outcome_of(stop.code), .reason = stop.reason};
}

}  // namespace

PipelineResult find_culprit(const PipelineRequest& request, World& world) {
  if (request.before.empty())
    return {.outcome = RunOutcome::inconclusive,
            .reason = "no commit is known that was fast; name one with `melisai-gate bisect`"};
  auto chain = chain_of(request);
  if (!chain) return {.outcome = RunOutcome::failed, .reason = chain.error().message};
  const BisectRequest bisect = bisect_request(request, *std::move(chain));
  Bisection search(bisect, world);
  if (const Step<void> prepared = search.prepare(); !prepared) return stopped(prepared.error());
  if (search.plan().commits < 2)
    return {
        .outcome = RunOutcome::passed,
        .reason = "only " + short_sha(request.sha) + " came after " + short_sha(request.before)};
  const Step<void> ran = search.run();
  const BisectResult& result = search.result();
  // What only did not come to its end may be tried again.
  if (!ran && (result.reason.empty() || outcome_of(ran.error().code) == RunOutcome::error))
    return stopped(ran.error());
  const bool found =
      result.kind == BisectResult::Kind::culprit || result.kind == BisectResult::Kind::range;
  return {.outcome = found ? RunOutcome::passed : RunOutcome::inconclusive,
          .reason = headline(result)};
}

}  // namespace melisai
