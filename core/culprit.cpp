#include "core/culprit.h"

#include "core/bisection.h"
#include "core/pipeline_chain.h"

namespace melisai {
namespace {

using RunOutcome = PipelineRun::Outcome;

/// The pipeline was right when it found the regression: what a search cannot use, such as a base
/// that a forced push took out of the history, is no failure of the project.
PipelineResult stopped(const Stop& stop) {
  const RunOutcome outcome = outcome_of(stop.code);
  return {.outcome = outcome == RunOutcome::error ? outcome : RunOutcome::inconclusive,
          .reason = stop.reason};
}

}  // namespace

PipelineResult find_culprit(const PipelineRequest& request, World& world) {
  if (request.before.empty())
    return {.outcome = RunOutcome::inconclusive,
            .reason = "no commit is known that was fast; name one with `melisai-gate bisect`"};
  auto chain = chain_of(request);
  if (!chain) return {.outcome = RunOutcome::failed, .reason = chain.error().message};
  BisectRequest bisect = command_on<BisectRequest>(request, *std::move(chain));
  bisect.good = request.before;
  bisect.bad = request.sha;
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
