#include "core/serve/pipelines.h"

#include <algorithm>

#include "core/base/config.h"
#include "core/base/text.h"
#include "core/run/run.h"

namespace melisai::serve {
namespace {

std::vector<ServePipeline> as_declared(const std::vector<PipelineSpec>& declared) {
  std::vector<ServePipeline> pipelines;
  for (const PipelineSpec& spec : declared) {
    ServePipeline pipeline;
    pipeline.spec = spec;
    pipeline.duration = default_duration_limits(spec.name);
    pipelines.push_back(std::move(pipeline));
  }
  return pipelines;
}

Error not_declared(const std::string& name, const std::vector<PipelineSpec>& declared) {
  std::vector<std::string> names;
  for (const PipelineSpec& spec : declared) names.push_back(spec.name);
  return {Errc::config, "pipeline " + in_quotes(name) +
                            " has neither 'run' nor 'benchmarks', and " + run::kPipelineFile +
                            " of this commit declares none of that name" +
                            (names.empty() ? "" : suggestion(name, names, "it declares"))};
}

const std::vector<ServePipeline>& configured_for(const ServeConfig& config,
                                                 const WatchedProject& project) {
  return project.pipelines.empty() ? config.pipelines : project.pipelines;
}

}  // namespace

Result<std::vector<ServePipeline>> pipelines_at(const ServeConfig& config,
                                                const WatchedProject& project,
                                                const std::vector<PipelineSpec>& declared) {
  std::vector<ServePipeline> pipelines = configured_for(config, project);
  if (pipelines.empty()) return as_declared(declared);
  for (ServePipeline& pipeline : pipelines) {
    PipelineSpec& spec = pipeline.spec;
    if (!spec.run.empty() || !spec.benchmarks.empty()) continue;
    const auto own = std::find_if(declared.begin(), declared.end(),
                                  [&](const PipelineSpec& each) { return each.name == spec.name; });
    if (own == declared.end()) return not_declared(spec.name, declared);
    spec.run = own->run;
    spec.benchmarks = own->benchmarks;
    if (spec.cache.empty()) spec.cache = own->cache;
    for (const auto& [name, text] : own->env)
      if (!spec.secret_env.contains(name)) spec.env.emplace(name, text);
    if (!pipeline.timeout) spec.timeout = own->timeout;
  }
  return pipelines;
}

Result<std::vector<ServePipeline>> pipelines_at(const ServeConfig& config,
                                                const WatchedProject& project,
                                                const Result<Project>& declared) {
  if (declared) return pipelines_at(config, project, declared->pipelines);
  const std::vector<ServePipeline>& pipelines = configured_for(config, project);
  if (std::all_of(pipelines.begin(), pipelines.end(),
                  [](const ServePipeline& pipeline) { return needs_pipeline_file(pipeline.spec); }))
    return declared.error();
  return pipelines;
}

bool needs_pipeline_file(const PipelineSpec& pipeline) {
  return pipeline.run.empty() || !pipeline.benchmarks.empty();
}

}  // namespace melisai::serve
