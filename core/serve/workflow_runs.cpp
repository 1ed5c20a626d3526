#include "core/serve/workflow_runs.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/store/queue.h"

namespace melisai::serve {
namespace {

class Flattening {
 public:
  Flattening(const std::vector<Workflow>& all, std::set<std::string> taken)
      : all_(all), taken_(std::move(taken)) {}

  /// What the steps around a workflow give to those in it.
  struct Around {
    std::vector<WorkflowRun::Level> levels;
    std::vector<Condition> conditions;
    std::map<std::string, std::string> params;
  };

  Result<void> add(const Workflow& workflow, const std::string& name, const Around& around) {
    if (around.levels.size() == kWorkflowDepthMax)
      return Error{Errc::limit, "workflow " + in_quotes(name) + " is inside " +
                                    std::to_string(kWorkflowDepthMax) + " others, the limit"};
    for (const WorkflowStep& step : workflow.steps) {
      Around inner = around;
      inner.levels.push_back({.name = name,
                              .timeout = workflow.timeout,
                              .on_results = !step.condition.results.empty()});
      if (!step.condition.empty()) inner.conditions.push_back(step.condition);
      // Whoever calls knows better, as with `trigger --param`.
      inner.params.insert(step.params.begin(), step.params.end());
      MELISAI_CHECK(step.workflow.empty() ? add_run(step.pipeline, name, inner)
                                          : add_workflow(step.workflow, name, inner));
    }
    return {};
  }

  std::vector<WorkflowRun> runs() && { return std::move(runs_); }

 private:
  Result<void> add_run(const std::string& pipeline, const std::string& parent,
                       const Around& around) {
    if (runs_.size() == store::kEventRunsMax)
      return Error{Errc::limit, "workflow " + in_quotes(around.levels.front().name) +
                                    " becomes more than " + std::to_string(store::kEventRunsMax) +
                                    " runs, the limit of an event"};
    runs_.push_back({.name = free_name(parent + "/" + pipeline),
                     .pipeline = pipeline,
                     .params = around.params,
                     .conditions = around.conditions,
                     .levels = around.levels});
    return {};
  }

  Result<void> add_workflow(const std::string& workflow, const std::string& parent,
                            const Around& around) {
    const auto found = std::find_if(all_.begin(), all_.end(),
                                    [&](const Workflow& other) { return other.name == workflow; });
    if (found == all_.end())
      return Error{Errc::config, "no workflow is called " + in_quotes(workflow)};
    return add(*found, free_name(parent + "/" + workflow), around);
  }

  std::string free_name(const std::string& wanted) {
    std::string name = wanted;
    for (int number = 2; !taken_.insert(name).second; ++number)
      name = wanted + "." + std::to_string(number);
    return name;
  }

  const std::vector<Workflow>& all_;
  std::set<std::string> taken_;
  std::vector<WorkflowRun> runs_;
};

}  // namespace

Result<std::vector<WorkflowRun>> workflow_runs(const Workflow& workflow,
                                               const std::vector<Workflow>& all,
                                               std::set<std::string> taken) {
  Flattening flattening(all, std::move(taken));
  MELISAI_CHECK(flattening.add(workflow, workflow.name, {}));
  return std::move(flattening).runs();
}

bool waits_for_end_only(const WorkflowRun& later, const WorkflowRun& earlier) {
  // The innermost workflow that both are in: there one step comes after the other.
  std::size_t level = 0;
  while (level + 1 < std::min(later.levels.size(), earlier.levels.size()) &&
         later.levels[level + 1].name == earlier.levels[level + 1].name)
    ++level;
  return later.levels[level].on_results;
}

bool applies_to(const Workflow& workflow, const std::string& project) {
  const auto& names = workflow.projects;
  return names.empty() || std::find(names.begin(), names.end(), project) != names.end();
}

}  // namespace melisai::serve
