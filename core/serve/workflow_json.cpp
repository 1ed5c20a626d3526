#include "core/serve/workflow_json.h"

#include <nlohmann/json.hpp>

namespace melisai::serve {
namespace {

using Json = nlohmann::ordered_json;

Json trigger_of(const Workflow& workflow) {
  using Trigger = PipelineSpec::Trigger;
  switch (workflow.trigger) {
    case Trigger::on_commit: return "on_commit";
    case Trigger::on_tag: return "on_tag";
    case Trigger::cron: return "cron";
    case Trigger::after: break;
    case Trigger::manual: return "manual";
  }
  Json names = Json::array();
  for (const std::string& name : workflow.after) names.push_back("after_" + name);
  return names.size() == 1 ? names.front() : names;
}

std::string text_of(Milliseconds time) {
  constexpr int kSecond = 1'000;
  return time.count() % kSecond == 0 ? std::to_string(time.count() / kSecond) + "s"
                                     : std::to_string(time.count()) + "ms";
}

template <class Values>
void add(const char* key, const Values& values, Json& json) {
  if (!values.empty()) json[key] = values;
}

Json condition_of(const Condition& condition) {
  Json json = Json::object();
  add("branch", condition.branches, json);
  add("tag", condition.tags, json);
  add("paths", condition.paths, json);
  add("paths_ignore", condition.paths_ignore, json);
  add("result", condition.results, json);
  return json;
}

Json step_of(const WorkflowStep& step) {
  Json json =
      step.workflow.empty() ? Json{{"pipeline", step.pipeline}} : Json{{"workflow", step.workflow}};
  add("params", step.params, json);
  if (!step.condition.empty()) json["if"] = condition_of(step.condition);
  return json;
}

}  // namespace

std::string workflow_to_json(const Workflow& workflow) {
  Json json = Json::object();
  add("projects", workflow.projects, json);
  json["trigger"] = trigger_of(workflow);
  add("schedule", workflow.schedule, json);
  if (workflow.timezone != Workflow{}.timezone) json["timezone"] = workflow.timezone;
  if (workflow.timeout) json["timeout"] = text_of(*workflow.timeout);
  json["steps"] = Json::array();
  for (const WorkflowStep& step : workflow.steps) json["steps"].push_back(step_of(step));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace melisai::serve
