#include "core/serve/planning.h"

#include <algorithm>
#include <map>

#include "core/base/config.h"
#include "core/base/text.h"
#include "core/run/run.h"
#include "core/serve/follow_up.h"
#include "core/serve/workflow_runs.h"

namespace melisai::serve {
namespace {

using Names = std::vector<std::string>;
using Trigger = PipelineSpec::Trigger;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void add_once(const std::string& name, Names& names) {
  if (!contains(names, name)) names.push_back(name);
}

bool names_workflow(const RunEvent& event, const std::vector<Workflow>& workflows) {
  return std::any_of(workflows.begin(), workflows.end(), [&](const Workflow& workflow) {
    return workflow.name == event.pipeline && applies_to(workflow, event.project);
  });
}

class Planning {
 public:
  Planning(const RunEvent& event, const std::vector<ServePipeline>& pipelines,
           const std::vector<Workflow>& workflows)
      : event_(event), pipelines_(pipelines), workflows_(workflows) {
    for (const ServePipeline& pipeline : pipelines) by_name_[pipeline.spec.name] = &pipeline;
  }

  Result<std::vector<store::PlannedRun>> runs() {
    MELISAI_CHECK(check_name());
    for (bool grew = true; grew;) {
      grew = false;
      for (const ServePipeline& pipeline : pipelines_) grew |= add(pipeline);
    }
    for (store::PlannedRun& run : runs_) wait_for_results(*by_name_.at(run.pipeline), run);
    for (const Workflow& workflow : workflows_) MELISAI_CHECK(add(workflow));
    MELISAI_CHECK(check_count());
    MELISAI_CHECK(check_order());
    return std::move(runs_);
  }

 private:
  bool names_workflow() const { return serve::names_workflow(event_, workflows_); }

  Result<void> check_name() const {
    if (!names_nothing(event_, pipelines_, workflows_)) return {};
    Names names;
    for (const ServePipeline& pipeline : pipelines_) names.push_back(pipeline.spec.name);
    for (const Workflow& workflow : workflows_)
      if (applies_to(workflow, event_.project)) names.push_back(workflow.name);
    return Error{Errc::config, event_.project + " has no pipeline " + in_quotes(event_.pipeline) +
                                   " at this commit" +
                                   suggestion(event_.pipeline, names, "it has")};
  }

  bool is_started(const std::string& name, Trigger trigger) const {
    if (!event_.pipeline.empty()) return name == event_.pipeline;
    return trigger == (event_.kind == RunEvent::Kind::tag ? Trigger::on_tag : Trigger::on_commit);
  }

  /// Whether all that something comes after is started by this event.
  bool is_reached(Trigger trigger, const Names& after) const {
    return trigger == Trigger::after &&
           std::all_of(after.begin(), after.end(),
                       [this](const std::string& name) { return taken_.contains(name); });
  }

  bool add(const ServePipeline& pipeline) {
    const PipelineSpec& spec = pipeline.spec;
    if (taken_.contains(spec.name)) return false;
    // The operator's workflow, when the repository has a pipeline of that name too.
    const bool starts =
        is_started(spec.name, spec.trigger) && !(is_named(spec) && names_workflow());
    if (!starts && !is_reached(spec.trigger, spec.after)) return false;
    store::PlannedRun run{.pipeline = spec.name,
                          .after = starts ? Names{} : spec.after,
                          .exclusive = !spec.benchmarks.empty(),
                          .duration = pipeline.duration};
    runs_.push_back(std::move(run));
    taken_.insert(spec.name);
    return true;
  }
  bool is_named(const PipelineSpec& spec) const { return spec.name == event_.pipeline; }

  /// The condition decides over what it names, not that it passed.
  void wait_for_results(const ServePipeline& pipeline, store::PlannedRun& run) const {
    for (const auto& [name, outcomes] : pipeline.condition.results) {
      if (!taken_.contains(name)) continue;
      std::erase(run.after, name);
      add_once(name, run.after_end);
    }
  }

  Result<void> add(const Workflow& workflow) {
    if (!applies_to(workflow, event_.project)) return {};
    const bool starts = is_started(workflow.name, workflow.trigger);
    if (!starts && !is_reached(workflow.trigger, workflow.after)) return {};
    MELISAI_TRY(const std::vector<WorkflowRun> steps,
                workflow_runs(workflow, workflows_, names_of(pipelines_)));
    for (std::size_t i = 0; i < steps.size(); ++i) {
      store::PlannedRun run{.pipeline = steps[i].name, .after = starts ? Names{} : workflow.after};
      for (std::size_t earlier = 0; earlier < i; ++earlier)
        (waits_for_end_only(steps[i], steps[earlier]) ? run.after_end : run.after_good)
            .push_back(steps[earlier].name);
      const auto pipeline = by_name_.find(steps[i].pipeline);
      if (pipeline != by_name_.end()) {
        run.exclusive = !pipeline->second->spec.benchmarks.empty();
        run.duration = pipeline->second->duration;
        wait_for_results(pipeline->second->condition, run);
      }
      for (const Condition& condition : steps[i].conditions) wait_for_results(condition, run);
      runs_.push_back(std::move(run));
    }
    return {};
  }

  /// A step's condition may also name pipelines that the event starts beside the workflow.
  void wait_for_results(const Condition& condition, store::PlannedRun& run) const {
    for (const auto& [name, outcomes] : condition.results)
      if (taken_.contains(name) && !contains(run.after, name)) add_once(name, run.after_end);
  }

  Result<void> check_count() const {
    if (runs_.size() <= store::kEventRunsMax) return {};
    return Error{Errc::limit, "a " + std::string(to_string(event_.kind)) + " would start " +
                                  std::to_string(runs_.size()) +
                                  " pipelines and steps of workflows in " + event_.project +
                                  ", more than " + std::to_string(store::kEventRunsMax) +
                                  "; let it start fewer"};
  }

  /// Else they would be blocked for ever.
  Result<void> check_order() const {
    std::map<std::string, std::size_t> index_of;
    for (std::size_t i = 0; i < runs_.size(); ++i) index_of[runs_[i].pipeline] = i;
    std::vector<std::vector<std::size_t>> waits_for(runs_.size());
    for (std::size_t i = 0; i < runs_.size(); ++i)
      for (const Names* names : {&runs_[i].after, &runs_[i].after_good, &runs_[i].after_end})
        for (const std::string& name : *names)
          if (index_of.contains(name)) waits_for[i].push_back(index_of.at(name));
    Names cycle;
    for (const std::size_t i : run::find_cycle(waits_for)) cycle.push_back(runs_[i].pipeline);
    if (cycle.empty()) return {};
    return Error{Errc::config,
                 "pipelines would wait for each other: " + run::describe_cycle(cycle) +
                     "; take the result out of the 'if' of one of them"};
  }

  const RunEvent& event_;
  const std::vector<ServePipeline>& pipelines_;
  const std::vector<Workflow>& workflows_;
  std::map<std::string, const ServePipeline*> by_name_;
  std::vector<store::PlannedRun> runs_;
  std::set<std::string> taken_;
};

/// Alone, and nothing comes after it. It may measure.
store::PlannedRun follow_up_run(const RunEvent& event,
                                const std::vector<ServePipeline>& pipelines) {
  store::PlannedRun run{.pipeline = event.pipeline, .after = {}, .exclusive = true};
  const std::string followed = followed_pipeline(event.pipeline);
  for (const ServePipeline& pipeline : pipelines)
    if (pipeline.spec.name == followed) run.exclusive = !pipeline.spec.benchmarks.empty();
  return run;
}

}  // namespace

Result<std::vector<store::PlannedRun>> planned_runs(const RunEvent& event,
                                                    const std::vector<ServePipeline>& pipelines,
                                                    const std::vector<Workflow>& workflows) {
  if (follow_up_in(event)) return std::vector{follow_up_run(event, pipelines)};
  return Planning(event, pipelines, workflows).runs();
}

bool names_nothing(const RunEvent& event, const std::vector<ServePipeline>& pipelines,
                   const std::vector<Workflow>& workflows) {
  return !event.pipeline.empty() && !names_of(pipelines).contains(event.pipeline) &&
         !names_workflow(event, workflows);
}

std::set<std::string> names_of(const std::vector<ServePipeline>& pipelines) {
  std::set<std::string> names;
  for (const ServePipeline& pipeline : pipelines) names.insert(pipeline.spec.name);
  return names;
}

}  // namespace melisai::serve
