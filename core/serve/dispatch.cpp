#include "core/serve/dispatch.h"

#include <algorithm>
#include <string>

namespace melisai::serve {
namespace {

/// "deploy" of "release/deploy", the run of a step (workflow_runs.h); any other one as it is.
std::string without_workflow(const std::string& run) { return run.substr(run.rfind('/') + 1); }

/// "deploy" of "deploy.2", the second of them in a workflow.
std::string without_number(const std::string& step) {
  const std::size_t dot = step.find_last_not_of("0123456789");
  const bool numbered = dot != std::string::npos && dot + 1 < step.size() && step[dot] == '.';
  return numbered ? step.substr(0, dot) : step;
}

/// Whether they may be of one pipeline. "deploy.2" may be called so itself, of which only the
/// pinned configuration could tell; where nobody can tell they take turns, which costs little.
bool may_share_pipeline(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const std::string step_a = without_workflow(a);
  const std::string step_b = without_workflow(b);
  if (step_a == step_b) return true;
  const std::string plain_a = step_a == a ? a : without_number(step_a);
  const std::string plain_b = step_b == b ? b : without_number(step_b);
  return plain_a == plain_b || plain_a == step_b || step_a == plain_b;
}

bool repeats(const PipelineRun& a, const PipelineRun& b) {
  return a.project == b.project && a.sha == b.sha && may_share_pipeline(a.pipeline, b.pipeline);
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
