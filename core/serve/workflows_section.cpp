#include "core/serve/workflows_section.h"

#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "core/serve/condition_reader.h"
#include "core/serve/workflow_results.h"
#include "core/serve/workflow_runs.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kWorkflowsMax = 200;

using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <class Each>
Names names_of(const std::vector<Each>& all) {
  Names names;
  for (const Each& each : all) names.push_back(each.name);
  return names;
}

class WorkflowsReader {
 public:
  WorkflowsReader(const ConfigValue& section, const WorkflowsBeside& beside, Reading& reading)
      : section_(section),
        config_(beside.config),
        others_(beside.others),
        known_(known_pipelines(beside.config)),
        projects_(names_of(beside.config.projects)),
        reading_(reading),
        starts_(reading.errors, reading.env, reading.sources.format_problem, {}) {
    Names pipelines;
    for (const ServePipeline& pipeline : beside.config.pipelines)
      pipelines.push_back(pipeline.spec.name);
    starts_.know_names(pipelines);
    names_ = names_of(others_);
    for (const ConfigEntry& entry : section.entries) names_.push_back(entry.key);
  }

  std::vector<Workflow> read() {
    const ConfigMap kind_check(section_, reading_.errors);
    if (section_.entries.size() > kWorkflowsMax) {
      reading_.errors.add(
          section_.entries[kWorkflowsMax].position,
          "more than " + std::to_string(kWorkflowsMax) + " workflows, the limit of a file");
      return {};
    }
    std::vector<Workflow> workflows;
    for (const ConfigEntry& entry : section_.entries) workflows.push_back(read_workflow(entry));
    std::vector<Workflow> all = workflows;
    all.insert(all.end(), others_.begin(), others_.end());
    check_cycles(all);
    if (!reading_.errors.first()) check_sizes(all);
    if (!reading_.errors.first() && !reading_.sources.pinned)
      for (std::size_t i = 0; i < workflows.size(); ++i)
        check_results(section_.entries[i].value, workflows[i], all);
    return workflows;
  }

 private:
  Workflow read_workflow(const ConfigEntry& entry) {
    Workflow workflow;
    workflow.name = entry.key;
    check_name(entry);
    ConfigMap map(entry.value, reading_.errors);
    PipelineSpec start;
    starts_.read_start(map, start);
    workflow.projects = read_projects_of(map);
    workflow.trigger = start.trigger;
    workflow.after = start.after;
    workflow.schedule = start.schedule;
    workflow.timezone = read_timezone(map, start.trigger, reading_);
    const Milliseconds timeout = map.duration("timeout", Milliseconds(0), run::kTimeoutRange);
    if (map.find("timeout") != nullptr) workflow.timeout = timeout;
    for (const ConfigValue& item : items_of(map, "steps", "- { pipeline: ... }"))
      workflow.steps.push_back(read_step(item));
    map.finish();
    starts_.check_schedule(map, start);
    if (workflow.steps.empty())
      map.fail("steps", "workflow " + in_quotes(entry.key) + " needs 'steps', at least one");
    return workflow;
  }

  void check_name(const ConfigEntry& entry) {
    if (!is_plain_name(entry.key))
      reading_.errors.add(entry.position, in_quotes(entry.key) +
                                              " cannot be the name of a workflow; " +
                                              std::string(kPlainNameRule));
    if (known_ && contains(*known_, entry.key))
      reading_.errors.add(entry.position, "a pipeline is called " + in_quotes(entry.key) +
                                              " too; `trigger` could mean both");
  }

  WorkflowStep read_step(const ConfigValue& value) {
    WorkflowStep step;
    ConfigMap map(value, reading_.errors);
    step.pipeline = map.string("pipeline", "");
    step.workflow = map.string("workflow", "");
    step.params = read_params(map, reading_);
    step.condition = read_condition(map, known_, reading_);
    map.finish();
    if (step.pipeline.empty() == step.workflow.empty())
      map.fail("pipeline", "a step names one 'pipeline' or one 'workflow'");
    if (!step.pipeline.empty() && !run::is_valid_name(step.pipeline))
      map.fail("pipeline", in_quotes(step.pipeline) + " is not a valid name of a pipeline");
    if (!step.pipeline.empty() && known_ && !contains(*known_, step.pipeline))
      map.fail("pipeline", "no pipeline is called " + in_quotes(step.pipeline) +
                               suggestion(step.pipeline, *known_, "pipelines"));
    if (!step.workflow.empty() && !contains(names_, step.workflow))
      map.fail("workflow", "no workflow is called " + in_quotes(step.workflow) +
                               suggestion(step.workflow, names_, "workflows"));
    return step;
  }

  Names read_projects_of(ConfigMap& map) {
    Names names = one_or_more(map, "projects", reading_);
    for (const std::string& name : names)
      if (!contains(projects_, name))
        map.fail("projects", "no project is called " + in_quotes(name) +
                                 suggestion(name, projects_, "projects"));
    return names;
  }

  /// Where it is written; one of the others is wrong by what the section says first.
  ConfigPosition position_of(const std::string& workflow) const {
    for (const ConfigEntry& entry : section_.entries)
      if (entry.key == workflow) return entry.position;
    return section_.entries.front().position;
  }

  /// What a workflow becomes with all that it contains.
  void check_sizes(const std::vector<Workflow>& workflows) {
    for (const Workflow& workflow : workflows) {
      const auto runs = workflow_runs(workflow, workflows, {});
      if (!runs) reading_.errors.add(position_of(workflow.name), runs.error().message);
    }
  }

  void check_results(const ConfigValue& written, const Workflow& workflow,
                     const std::vector<Workflow>& all) {
    for (const LateResult& late : late_results(workflow, all, config_)) {
      const ConfigValue& step =
          ConfigMap(written, reading_.errors).section("steps").items[late.step];
      const ConfigValue& condition = ConfigMap(step, reading_.errors).section("if");
      for (const ConfigEntry& entry :
           ConfigMap(condition, reading_.errors).section("result").entries)
        if (entry.key == late.pipeline)
          reading_.errors.add(entry.position,
                              "nobody knows the result of " + in_quotes(late.pipeline) +
                                  " then: it runs in this step or a later one; let an earlier step "
                                  "run it");
    }
  }

  /// Takes away what only leads to workflows that were taken away; what stays is in a cycle, or
  /// leads into one.
  void check_cycles(const std::vector<Workflow>& workflows) {
    std::set<std::string> ending;
    const auto ends = [&](const Workflow& workflow) {
      return std::all_of(workflow.steps.begin(), workflow.steps.end(), [&](const auto& step) {
        return step.workflow.empty() || ending.contains(step.workflow);
      });
    };
    for (std::size_t before = ending.size() + 1; before != ending.size();) {
      before = ending.size();
      for (const Workflow& workflow : workflows)
        if (ends(workflow)) ending.insert(workflow.name);
    }
    for (const Workflow& workflow : workflows)
      if (!ending.contains(workflow.name))
        reading_.errors.add(position_of(workflow.name),
                            "workflow " + in_quotes(workflow.name) +
                                " would never end: its steps lead back to it, or into a cycle of "
                                "workflows");
  }

  const ConfigValue& section_;
  const ServeConfig& config_;
  const std::vector<Workflow>& others_;
  const std::optional<Names> known_;
  const Names projects_;
  Reading& reading_;
  run::PipelinesReader starts_;
  Names names_;
};

}  // namespace

std::optional<std::vector<std::string>> known_pipelines(const ServeConfig& config) {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<ServePipeline>& pipelines) {
    for (const ServePipeline& pipeline : pipelines) names.push_back(pipeline.spec.name);
  };
  add(config.pipelines);
  bool in_repository = config.projects.empty() && config.pipelines.empty();
  for (const WatchedProject& project : config.projects) {
    in_repository |= project.pipelines.empty() && config.pipelines.empty();
    add(project.pipelines);
  }
  if (in_repository) return std::nullopt;
  return names;
}

std::vector<Workflow> read_workflows(const ConfigValue& section, const WorkflowsBeside& beside,
                                     Reading& reading) {
  return WorkflowsReader(section, beside, reading).read();
}

}  // namespace melisai::serve
