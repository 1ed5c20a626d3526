#include "core/serve/pipelines_section.h"

#include <algorithm>

#include "core/serve/condition_reader.h"

namespace melisai::serve {
namespace {

constexpr ConfigRange<Milliseconds> kDurationRange = {.min = std::chrono::seconds(1),
                                                      .max = std::chrono::days(7)};

std::optional<Milliseconds> read_limit(ConfigMap& map, std::string_view key,
                                       std::optional<Milliseconds> fallback) {
  const Milliseconds limit = map.duration(key, Milliseconds(0), kDurationRange);
  return map.find(key) == nullptr ? fallback : limit;
}

DurationLimits read_duration_limits(ConfigMap& owner, const std::string& pipeline,
                                    Reading& reading) {
  const DurationLimits defaults = default_duration_limits(pipeline);
  ConfigMap map(owner.section("duration"), reading.errors);
  DurationLimits limits;
  limits.warning = read_limit(map, "warning", defaults.warning);
  limits.critical = read_limit(map, "critical", defaults.critical);
  map.finish();
  if (limits.warning && limits.critical && *limits.critical < *limits.warning)
    map.fail("critical", "is below 'warning', so a warning could never be");
  return limits;
}

std::vector<std::string> other_names(const ConfigValue& section, const std::string& pipeline) {
  std::vector<std::string> names;
  for (const ConfigEntry& entry : section.entries)
    if (entry.key != pipeline) names.push_back(entry.key);
  return names;
}

}  // namespace

std::vector<ServePipeline> read_pipelines(const ConfigValue& section, const StageTimeouts& timeouts,
                                          Reading& reading) {
  std::vector<ServePipeline> pipelines;
  const auto more_keys = [&](ConfigMap& map, const PipelineSpec& spec) {
    ServePipeline pipeline;
    if (map.find("timeout") != nullptr) pipeline.timeout = spec.timeout;
    pipeline.timezone = read_timezone(map, spec.trigger, reading);
    pipeline.condition = read_condition(map, other_names(section, spec.name), reading);
    pipeline.params = read_params(map, reading);
    pipeline.duration = read_duration_limits(map, spec.name, reading);
    pipelines.push_back(std::move(pipeline));
  };
  run::PipelinesReader reader(
      reading.errors, reading.env, reading.sources.format_problem,
      {.timeouts = timeouts, .needs_command = false, .more_keys = more_keys});
  std::vector<PipelineSpec> specs = reader.read(section);
  for (std::size_t i = 0; i < specs.size(); ++i) pipelines[i].spec = std::move(specs[i]);
  return pipelines;
}

}  // namespace melisai::serve
