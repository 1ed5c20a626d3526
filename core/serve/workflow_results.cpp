#include "core/serve/workflow_results.h"

#include <algorithm>
#include <set>

#include "core/serve/workflow_runs.h"

namespace melisai::serve {
namespace {

using Names = std::set<std::string>;
using Trigger = PipelineSpec::Trigger;

/// What an event starts of pipelines, when these are where it begins.
Names reached_from(Names begun, const std::vector<ServePipeline>& pipelines) {
  const auto comes_next = [&](const PipelineSpec& spec) {
    return spec.trigger == Trigger::after && !begun.contains(spec.name) &&
           std::all_of(spec.after.begin(), spec.after.end(),
                       [&](const std::string& name) { return begun.contains(name); });
  };
  for (bool grew = true; grew;) {
    grew = false;
    for (const ServePipeline& pipeline : pipelines)
      if (comes_next(pipeline.spec)) grew |= begun.insert(pipeline.spec.name).second;
  }
  return begun;
}

Names started_by(Trigger trigger, const std::vector<ServePipeline>& pipelines) {
  Names names;
  for (const ServePipeline& pipeline : pipelines)
    if (pipeline.spec.trigger == trigger) names.insert(pipeline.spec.name);
  return reached_from(std::move(names), pipelines);
}

/// Whether some event starts both the workflow and that pipeline, of a project with these.
bool may_run_beside(const Workflow& workflow, const std::string& name,
                    const std::vector<ServePipeline>& pipelines) {
  const auto starts_both = [&](const Names& started) {
    return started.contains(name) &&
           std::all_of(workflow.after.begin(), workflow.after.end(),
                       [&](const std::string& after) { return started.contains(after); });
  };
  switch (workflow.trigger) {
    case Trigger::on_commit:
    case Trigger::on_tag: return starts_both(started_by(workflow.trigger, pipelines));
    case Trigger::manual:
    case Trigger::cron: return false;  // the event is about the workflow alone
    case Trigger::after: break;
  }
  return starts_both(started_by(Trigger::on_commit, pipelines)) ||
         starts_both(started_by(Trigger::on_tag, pipelines)) ||
         std::any_of(pipelines.begin(), pipelines.end(), [&](const ServePipeline& pipeline) {
           return starts_both(reached_from({pipeline.spec.name}, pipelines));
         });
}

/// In any project that has the workflow. What a repository may declare nobody knows here, but of
/// what is started by name alone.
bool may_run_beside(const Workflow& workflow, const std::string& name, const ServeConfig& config) {
  const bool alone = workflow.trigger == Trigger::manual || workflow.trigger == Trigger::cron;
  if (alone) return false;
  if (config.projects.empty())
    return config.pipelines.empty() || may_run_beside(workflow, name, config.pipelines);
  return std::any_of(
      config.projects.begin(), config.projects.end(), [&](const WatchedProject& project) {
        if (!applies_to(workflow, project.name)) return false;
        const auto& pipelines = project.pipelines.empty() ? config.pipelines : project.pipelines;
        return pipelines.empty() || may_run_beside(workflow, name, pipelines);
      });
}

/// The pipelines of each step, with those of a workflow that it names.
std::vector<Names> pipelines_by_step(const Workflow& workflow, const std::vector<Workflow>& all) {
  std::vector<Names> steps;
  for (const WorkflowStep& step : workflow.steps) {
    Workflow alone = workflow;
    alone.steps = {step};
    Names names;
    // One that is too large is an error of its own.
    if (const auto runs = workflow_runs(alone, all, {}))
      for (const WorkflowRun& run : *runs) names.insert(run.pipeline);
    steps.push_back(std::move(names));
  }
  return steps;
}

bool runs_before(std::size_t step, const std::string& name, const std::vector<Names>& steps) {
  return std::any_of(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(step),
                     [&](const Names& names) { return names.contains(name); });
}

/// Whether, as a step of another workflow, it may find that result there.
bool may_know_from_outside(const Workflow& workflow, const std::string& name,
                           const std::vector<Workflow>& all, const ServeConfig& config) {
  Names inside{workflow.name};  // and all that contain it
  const auto contains_it = [&](const WorkflowStep& step) { return inside.contains(step.workflow); };
  for (bool grew = true; grew;) {
    grew = false;
    for (const Workflow& outer : all)
      if (std::any_of(outer.steps.begin(), outer.steps.end(), contains_it))
        grew |= inside.insert(outer.name).second;
  }
  for (const Workflow& outer : all) {
    if (outer.name == workflow.name || !inside.contains(outer.name)) continue;
    if (may_run_beside(outer, name, config)) return true;
    const std::vector<Names> steps = pipelines_by_step(outer, all);
    for (std::size_t i = 0; i < steps.size(); ++i)
      if (contains_it(outer.steps[i]) && runs_before(i, name, steps)) return true;
  }
  return false;
}

}  // namespace

std::vector<LateResult> late_results(const Workflow& workflow, const std::vector<Workflow>& all,
                                     const ServeConfig& config) {
  const std::vector<Names> steps = pipelines_by_step(workflow, all);
  std::vector<LateResult> late;
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (const auto& [name, outcomes] : workflow.steps[i].condition.results)
      if (!runs_before(i, name, steps) && runs_before(steps.size(), name, steps) &&
          !may_run_beside(workflow, name, config) &&
          !may_know_from_outside(workflow, name, all, config))
        late.push_back({i, name});
  return late;
}

}  // namespace melisai::serve
