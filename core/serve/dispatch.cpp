#include "core/serve/dispatch.h"

#include <algorithm>

namespace melisai::serve {
namespace {

bool repeats(const PipelineRun& a, const PipelineRun& b) {
  return a.project == b.project && a.pipeline == b.pipeline && a.sha == b.sha;
}

}  // namespace

std::vector<PipelineRun> choose_runs(const std::vector<PipelineRun>& ready,
                                     const std::vector<PipelineRun>& running,
                                     const DispatchRules& rules) {
  std::vector<PipelineRun> chosen;
  std::vector<PipelineRun> busy = running;
  const std::size_t engines = rules.parallel ? rules.engines : 1;
  const auto measures = [](const PipelineRun& run) { return run.exclusive; };
  for (const PipelineRun& run : ready) {
    if (busy.size() >= engines) break;
    if (std::any_of(busy.begin(), busy.end(), measures)) break;
    if (run.exclusive && !busy.empty()) break;
    if (std::any_of(busy.begin(), busy.end(),
                    [&](const PipelineRun& other) { return repeats(run, other); }))
      continue;
    busy.push_back(run);
    chosen.push_back(run);
  }
  return chosen;
}

}  // namespace melisai::serve
