#include "core/serve/trigger_events.h"

#include <algorithm>

#include "core/base/config.h"
#include "core/base/text.h"

namespace melisai::serve {
namespace {

constexpr std::string_view kTags = "refs/tags/";

Error refused(const CustomTrigger& trigger, const std::string& why) {
  return {Errc::usage, cause_of(trigger) + " " + why};
}

Result<void> check_allowed(const trigger::CustomFiring& firing, const CustomTrigger& trigger,
                           const WatchedProject& project) {
  const auto& names = trigger.pipelines;
  if (firing.pipeline.empty() && !trigger.commits)
    return refused(trigger, "may not tell of commits; its line has to name a pipeline");
  if (!firing.pipeline.empty() &&
      std::find(names.begin(), names.end(), firing.pipeline) == names.end())
    return refused(trigger, "may not start " + in_quotes(firing.pipeline) +
                                suggestion(firing.pipeline, names, "its 'pipelines' are"));
  if (!firing.ref.empty() &&
      !trigger::passes({.branches = project.branches, .tags = project.tags}, firing.ref))
    return refused(trigger, "names " + in_quotes(firing.ref) + ", which the branches and tags of " +
                                project.name + " do not let through");
  return {};
}

}  // namespace

std::string cause_of(const CustomTrigger& trigger) { return "trigger " + trigger.name; }

Result<RunEvent> event_of(const trigger::CustomFiring& firing, const CustomTrigger& trigger,
                          const WatchedProject& project, WallTime now) {
  MELISAI_CHECK(check_allowed(firing, trigger, project));
  using Kind = RunEvent::Kind;
  RunEvent event;
  event.kind = !firing.pipeline.empty()        ? Kind::custom
               : firing.ref.starts_with(kTags) ? Kind::tag
                                               : Kind::push;
  event.project = project.name;
  event.ref = firing.ref;
  event.sha = firing.sha;
  event.pipeline = firing.pipeline;
  event.params = firing.params;
  event.cause = cause_of(trigger);
  if (!firing.id.empty()) event.once = "custom " + trigger.name + " " + firing.id;
  event.received_at = now;
  return event;
}

}  // namespace melisai::serve
