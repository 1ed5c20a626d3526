#include "core/serve/stored_workflows.h"

#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "core/serve/workflows_section.h"

namespace melisai::serve {
namespace {

const Workflow* find(const std::string& name, const std::vector<Workflow>& all) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Workflow& workflow) { return workflow.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const ConfigValue* value_at(std::string_view key, const ConfigValue& mapping) {
  for (const ConfigEntry& entry : mapping.entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

Result<ConfigValue> section_of(const std::string& text, const std::string& file_name) {
  Result<ConfigValue> section = parse_config(text, file_name);
  if (!section) return Error{Errc::parse, section.error().message};
  if (section->kind != ConfigValue::Kind::mapping || section->entries.size() != 1)
    return Error{Errc::parse,
                 config_error(file_name, section->position,
                              "expected one workflow under its name, as in the section 'workflows' "
                              "of a configuration: NAME: { steps: [ { pipeline: ... } ] }")
                     .message};
  return section;
}

Result<Workflow> read_section(const ConfigValue& section, const std::string& file_name,
                              const WorkflowsBeside& beside, const ConfigSources& sources) {
  ConfigErrors errors(file_name);
  // Nothing in a workflow is expanded; whoever may write one must not read the environment.
  const EnvLookup no_variable = [](const std::string&) { return std::nullopt; };
  EnvExpander nothing(no_variable);
  std::vector<std::string> remarks;
  Reading reading{.errors = errors, .env = nothing, .sources = sources, .remarks = remarks};
  std::vector<Workflow> workflows = read_workflows(section, beside, reading);
  if (errors.first()) return *errors.first();
  return std::move(workflows.front());
}

/// Puts stored workflows in force, each after those that it contains.
class InForce {
 public:
  InForce(const ServeConfig& config, const ConfigSources& sources)
      : config_(config), sources_(sources) {
    set_.all = config.workflows;
  }

  void add(const store::StoredWorkflow& stored) {
    const std::string file_name = "workflow " + stored.name;
    auto section = section_of(stored.text, file_name);
    if (!section) {
      set_.problems[stored.name] = section.error().message;
    } else if (find(stored.name, config_.workflows) != nullptr) {
      set_.problems[stored.name] = "the configuration file has a workflow of this name";
    } else {
      waiting_.emplace(stored.name, Waiting{stored, *std::move(section)});
    }
  }

  WorkflowSet set() && {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto each = waiting_.begin(); each != waiting_.end();) {
        const bool ready = !contains_waiting(each->second.section);
        if (ready) read(each->second);
        each = ready ? waiting_.erase(each) : std::next(each);
        changed |= ready;
      }
    }
    // What waits for itself says so.
    for (const auto& [name, waiting] : waiting_)
      set_.problems[name] = "it is a step of what it contains, or contains such a workflow";
    return std::move(set_);
  }

 private:
  struct Waiting {
    store::StoredWorkflow stored;
    ConfigValue section;
  };

  bool contains_waiting(const ConfigValue& section) const {
    const ConfigValue* const steps = value_at("steps", section.entries.front().value);
    return steps != nullptr &&
           std::any_of(steps->items.begin(), steps->items.end(), [this](const ConfigValue& step) {
             const ConfigValue* const name = value_at("workflow", step);
             return name != nullptr && waiting_.contains(name->text);
           });
  }

  void read(const Waiting& waiting) {
    Result<Workflow> workflow = read_section(waiting.section, "workflow " + waiting.stored.name,
                                             {.config = config_, .others = set_.all}, sources_);
    if (workflow && workflow->name != waiting.stored.name)
      workflow = Error{Errc::config, "its text is of another workflow"};
    if (!workflow) {
      set_.problems[waiting.stored.name] = workflow.error().message;
      return;
    }
    set_.all.push_back(*std::move(workflow));
    set_.stored[waiting.stored.name] = waiting.stored;
  }

  const ServeConfig& config_;
  const ConfigSources& sources_;
  WorkflowSet set_;
  std::map<std::string, Waiting> waiting_;
};

}  // namespace

Result<Workflow> read_stored_workflow(const std::string& text, const std::string& file_name,
                                      const ServeConfig& config,
                                      const std::vector<Workflow>& others,
                                      const ConfigSources& sources) {
  MELISAI_TRY(const ConfigValue section, section_of(text, file_name));
  return read_section(section, file_name, {.config = config, .others = others}, sources);
}

Result<std::string> name_of_stored(const std::string& text) {
  MELISAI_TRY(const ConfigValue section, section_of(text, "workflow"));
  return section.entries.front().key;
}

WorkflowSet workflows_in_force(const ServeConfig& config,
                               const std::vector<store::StoredWorkflow>& stored,
                               const ConfigSources& sources) {
  InForce in_force(config, sources);
  for (const store::StoredWorkflow& each : stored) in_force.add(each);
  return std::move(in_force).set();
}

Result<WorkflowSet> kept_workflows(const std::vector<std::string>& texts, const ServeConfig& config,
                                   const ConfigSources& sources) {
  std::vector<store::StoredWorkflow> stored;
  for (const std::string& text : texts) {
    MELISAI_TRY(std::string name, name_of_stored(text));
    stored.push_back({.name = std::move(name), .text = text});
  }
  WorkflowSet set = workflows_in_force(config, stored, sources);
  if (set.problems.empty()) return set;
  return Error{Errc::config,
               "a workflow that the run keeps cannot be read: " + set.problems.begin()->second};
}

std::vector<std::string> users_of(const std::string& workflow, const std::vector<Workflow>& all) {
  std::vector<std::string> users;
  for (const Workflow& each : all)
    if (std::any_of(each.steps.begin(), each.steps.end(),
                    [&](const WorkflowStep& step) { return step.workflow == workflow; }))
      users.push_back(each.name);
  return users;
}

std::vector<std::string> texts_for(const std::vector<store::PlannedRun>& runs,
                                   const WorkflowSet& workflows) {
  std::set<std::string> needed;
  const auto add = [&](const std::string& name, const auto& add_rest) -> void {
    const Workflow* const workflow = find(name, workflows.all);
    if (workflow == nullptr || !needed.insert(name).second) return;
    for (const WorkflowStep& step : workflow->steps)
      if (!step.workflow.empty()) add_rest(step.workflow, add_rest);
  };
  for (const store::PlannedRun& run : runs)
    if (const std::size_t end = run.pipeline.find('/'); end != std::string::npos)
      add(run.pipeline.substr(0, end), add);
  std::vector<std::string> texts;
  for (const auto& [name, stored] : workflows.stored)
    if (needed.contains(name)) texts.push_back(stored.text);
  return texts;
}

}  // namespace melisai::serve
