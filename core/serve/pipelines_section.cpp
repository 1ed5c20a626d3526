#include "core/serve/pipelines_section.h"

#include <algorithm>
#include <map>

#include "core/base/text.h"
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

/// A run also waits for what its condition names; two that name each other would wait for ever.
void check_cycles(const ConfigValue& section, const std::vector<ServePipeline>& pipelines,
                  Reading& reading) {
  std::map<std::string_view, std::size_t> index_of;
  for (std::size_t i = 0; i < pipelines.size(); ++i) index_of[pipelines[i].spec.name] = i;
  std::vector<std::vector<std::size_t>> waits_for(pipelines.size());
  for (std::size_t i = 0; i < pipelines.size(); ++i) {
    for (const std::string& name : pipelines[i].spec.after)
      waits_for[i].push_back(index_of.at(name));
    for (const auto& [name, outcomes] : pipelines[i].condition.results)
      waits_for[i].push_back(index_of.at(name));
  }
  std::vector<std::string> names;
  for (const std::size_t i : run::find_cycle(waits_for)) names.push_back(pipelines[i].spec.name);
  if (names.empty()) return;
  for (const ConfigEntry& entry : section.entries)
    if (entry.key == names.front())
      reading.errors.add(entry.position,
                         "pipelines would wait for each other: " + run::describe_cycle(names) +
                             "; take the result out of the 'if' of one of them");
}

/// There it would be for everybody in the list of processes, so nothing is put in, and what a shell
/// makes of it is a riddle.
void remark_on_secrets(const PipelineSpec& spec, Reading& reading) {
  const std::vector<std::string> words = argv_of(spec.run);
  if (std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word.find("${secret:") != std::string::npos;
      }))
    reading.remark(
        "'run' of pipeline " + in_quotes(spec.name) +
        " names a secret, and commands get none; name it in 'env', and use the variable");
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
  for (std::size_t i = 0; i < specs.size(); ++i) {
    remark_on_secrets(specs[i], reading);
    pipelines[i].spec = std::move(specs[i]);
  }
  if (!reading.errors.first()) check_cycles(section, pipelines, reading);
  return pipelines;
}

}  // namespace melisai::serve
