#include "core/serve/planning.h"

#include <algorithm>
#include <set>

#include "core/base/config.h"
#include "core/base/text.h"

namespace melisai::serve {
namespace {

using Trigger = PipelineSpec::Trigger;

bool is_started_by(const RunEvent& event, const PipelineSpec& pipeline) {
  if (!event.pipeline.empty()) return pipeline.name == event.pipeline;
  return pipeline.trigger ==
         (event.kind == RunEvent::Kind::tag ? Trigger::on_tag : Trigger::on_commit);
}

Result<void> check_name(const RunEvent& event, const std::vector<ServePipeline>& pipelines) {
  if (event.pipeline.empty()) return {};
  std::vector<std::string> names;
  for (const ServePipeline& pipeline : pipelines) names.push_back(pipeline.spec.name);
  if (std::find(names.begin(), names.end(), event.pipeline) != names.end()) return {};
  return Error{Errc::config, event.project + " has no pipeline " + in_quotes(event.pipeline) +
                                 " at this commit" + suggestion(event.pipeline, names, "it has")};
}

}  // namespace

Result<std::vector<store::PlannedRun>> planned_runs(const RunEvent& event,
                                                    const std::vector<ServePipeline>& pipelines) {
  MELISAI_CHECK(check_name(event, pipelines));
  std::vector<store::PlannedRun> runs;
  std::set<std::string> taken;
  for (bool grew = true; grew;) {
    grew = false;
    for (const ServePipeline& pipeline : pipelines) {
      const PipelineSpec& spec = pipeline.spec;
      if (taken.contains(spec.name)) continue;
      const bool starts = is_started_by(event, spec);
      const bool reached =
          spec.trigger == Trigger::after &&
          std::all_of(spec.after.begin(), spec.after.end(),
                      [&](const std::string& name) { return taken.contains(name); });
      if (!starts && !reached) continue;
      store::PlannedRun run{.pipeline = spec.name,
                            .after = {},
                            .exclusive = !spec.benchmarks.empty(),
                            .duration = pipeline.duration};
      if (!starts) run.after = spec.after;
      runs.push_back(std::move(run));
      taken.insert(spec.name);
      grew = true;
    }
  }
  return runs;
}

}  // namespace melisai::serve
