// Culprit: the commit among several that made a pipeline's benchmarks slower, as `serve` looks for
// it. The search itself is bisection.h.
#pragma once

#include "core/pipeline.h"

namespace melisai {

/// `request.before` is the fast commit, `request.sha` the slow one. passed: found, or the shortest
/// range that cannot be split; the reason names it. inconclusive: it cannot be told, or there is no
/// slowdown. Otherwise as run_pipeline().
PipelineResult find_culprit(const PipelineRequest& request, World& world);

}  // namespace melisai
