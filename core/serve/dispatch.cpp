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

/// What nobody has vouched for shares no place with what somebody has, and delays none of it.
bool repeats(const PipelineRun& a, const PipelineRun& b) {
  return a.project == b.project && a.sha == b.sha && a.trusted == b.trusted &&
         may_share_pipeline(a.pipeline, b.pipeline);
}

std::size_t engines_of(const DispatchRules& rules) { return rules.parallel ? rules.engines : 1; }

/// What keeps `run` from starting beside `busy`.
std::optional<Hindrance> hindrance_beside(const std::vector<PipelineRun>& busy,
                                          const PipelineRun& run, const DispatchRules& rules) {
  using Kind = Hindrance::Kind;
  const auto alone = std::find_if(busy.begin(), busy.end(),
                                  [](const PipelineRun& other) { return other.exclusive; });
  if (alone != busy.end()) return Hindrance{Kind::measures, *alone};
  if (run.exclusive && !busy.empty()) return Hindrance{Kind::has_to_be_alone, busy.front()};
  if (busy.size() >= engines_of(rules)) return Hindrance{Kind::no_engine, busy.front()};
  const auto same = std::find_if(busy.begin(), busy.end(),
                                 [&](const PipelineRun& other) { return repeats(run, other); });
  if (same != busy.end()) return Hindrance{Kind::repeats, *same};
  return std::nullopt;
}

/// Calls `tell` for the runs of `ready`, up to the one that nothing younger may overtake.
template <class Tell>
void dispatch(const std::vector<PipelineRun>& ready, const std::vector<PipelineRun>& running,
              const DispatchRules& rules, Tell tell) {
  std::vector<PipelineRun> busy = running;
  for (const PipelineRun& run : ready) {
    const std::optional<Hindrance> hindrance = hindrance_beside(busy, run, rules);
    tell(run, hindrance);
    if (!hindrance)
      busy.push_back(run);
    else if (hindrance->kind != Hindrance::Kind::repeats)
      break;
  }
}

}  // namespace

std::vector<PipelineRun> choose_runs(const std::vector<PipelineRun>& ready,
                                     const std::vector<PipelineRun>& running,
                                     const DispatchRules& rules) {
  std::vector<PipelineRun> chosen;
  dispatch(ready, running, rules,
           [&](const PipelineRun& run, const std::optional<Hindrance>& hindrance) {
             if (!hindrance) chosen.push_back(run);
           });
  return chosen;
}

std::optional<Hindrance> hindrance_of(std::int64_t id, const std::vector<PipelineRun>& ready,
                                      const std::vector<PipelineRun>& running,
                                      const DispatchRules& rules) {
  std::optional<Hindrance> found;
  bool seen = false;
  dispatch(ready, running, rules,
           [&](const PipelineRun& run, const std::optional<Hindrance>& hindrance) {
             if (seen) return;
             seen = run.id == id;
             found = hindrance;
             if (seen || !hindrance || hindrance->kind == Hindrance::Kind::repeats) return;
             // This one stops all that are younger.
             if (hindrance->kind == Hindrance::Kind::has_to_be_alone)
               found = Hindrance{Hindrance::Kind::is_behind, run};
           });
  const bool is_ready =
      std::any_of(ready.begin(), ready.end(), [&](const PipelineRun& run) { return run.id == id; });
  return is_ready ? found : std::nullopt;
}

}  // namespace melisai::serve
