#include "core/serve/condition_reader.h"

#include <algorithm>

#include "core/base/text.h"

namespace melisai::serve {
namespace {

std::vector<std::string> read_outcomes(ConfigMap& results, const std::string& pipeline,
                                       Reading& reading) {
  static const std::vector<std::string> kNames(kOutcomes.begin(), kOutcomes.end());
  std::vector<std::string> outcomes = one_or_more(results, pipeline, reading);
  if (outcomes.empty()) results.fail(pipeline, "name an outcome, such as passed");
  for (const std::string& outcome : outcomes)
    if (std::find(kNames.begin(), kNames.end(), outcome) == kNames.end())
      results.fail(pipeline, "unknown outcome " + in_quotes(outcome) +
                                 suggestion(outcome, kNames, "choose one of"));
  return outcomes;
}

void read_results(const ConfigValue& section,
                  const std::optional<std::vector<std::string>>& pipelines, Condition& condition,
                  Reading& reading) {
  ConfigMap map(section, reading.errors);
  for (const ConfigEntry& entry : section.entries) {
    if (pipelines && std::find(pipelines->begin(), pipelines->end(), entry.key) == pipelines->end())
      reading.errors.add(entry.position, "no other pipeline is called " + in_quotes(entry.key) +
                                             suggestion(entry.key, *pipelines, "pipelines"));
    condition.results[entry.key] = read_outcomes(map, entry.key, reading);
  }
}

}  // namespace

Condition read_condition(ConfigMap& owner, const std::optional<std::vector<std::string>>& pipelines,
                         Reading& reading) {
  Condition condition;
  const ConfigValue* const section = owner.find("if");
  if (section == nullptr) return condition;
  ConfigMap map(*section, reading.errors);
  condition.branches = read_ref_patterns(map, "branch", reading, {});
  condition.tags = read_ref_patterns(map, "tag", reading, {});
  condition.paths = read_patterns(map, "paths", reading);
  condition.paths_ignore = read_patterns(map, "paths_ignore", reading);
  read_results(map.section("result"), pipelines, condition, reading);
  map.finish();
  return condition;
}

}  // namespace melisai::serve
