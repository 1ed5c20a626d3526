#include "core/run/health_reader.h"

#include <array>
#include <string>

#include "core/base/text.h"
#include "core/run/project_file.h"

namespace melisai::run {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLevelsMax = 100;
constexpr std::size_t kProfilesMax = 100;
constexpr std::size_t kToolsMax = 100;
constexpr ConfigRange<double> kLevelRange = {.min = 0, .max = 1e12};

AnomalyLevels read_levels(const ConfigValue& value, ConfigErrors& errors,
                          const AnomalyProblem& problem_of) {
  AnomalyLevels levels;
  ConfigMap map(value, errors);
  levels.metric = map.string("metric", "");
  levels.warning = map.number("warning", 0, kLevelRange);
  levels.critical = map.number("critical", 0, kLevelRange);
  const bool both = map.find("warning") != nullptr && map.find("critical") != nullptr;
  map.finish();
  const std::string problem =
      levels.metric.empty() ? "name the anomaly whose levels these are" : problem_of(levels.metric);
  if (!problem.empty()) map.fail("metric", problem);
  if (!both) map.fail("warning", "write both levels, 'warning' and 'critical'");
  if (levels.critical < levels.warning)
    map.fail("critical", "is below 'warning', so a warning could never be");
  return levels;
}

std::vector<AnomalyLevels> read_anomalies(const ConfigValue& list, ConfigErrors& errors,
                                          const AnomalyProblem& problem) {
  std::vector<AnomalyLevels> all;
  if (list.kind != ConfigValue::Kind::sequence)
    errors.add(list.position,
               "'anomalies': expected a list of '- { metric: ..., warning: ..., critical: ... }', "
               "found " +
                   std::string(describe(list.kind)));
  for (const ConfigValue& item : list.items) {
    if (all.size() == kLevelsMax) {
      errors.add(item.position,
                 "more than " + std::to_string(kLevelsMax) + " levels, the limit of this list");
      break;
    }
    all.push_back(read_levels(item, errors, problem));
  }
  return all;
}

std::vector<std::string> read_words(ConfigMap& map, std::string_view key) {
  std::vector<std::string> words = map.strings(key);
  if (words.size() > kToolsMax)
    map.fail(key, "more than " + std::to_string(kToolsMax) + " names, the limit of this list");
  for (const std::string& word : words)
    if (!is_valid_name(word)) map.fail(key, in_quotes(word) + " is no name");
  return words;
}

HostProfile read_profile(const ConfigEntry& entry, ConfigErrors& errors) {
  HostProfile profile{.name = entry.key};
  ConfigMap map(entry.value, errors);
  profile.duration = map.duration("duration", profile.duration, {.min = 1s, .max = 1h});
  profile.sample_interval =
      map.duration("sample_interval", profile.sample_interval, {.min = 10ms, .max = 1min});
  profile.timeout = map.duration("timeout", profile.duration + 20s, {.min = 2s, .max = 2h});
  profile.tools = read_words(map, "tools");
  if (const ConfigValue* tools = map.find("tools"))
    profile.tools_at = errors.place(tools->position);
  profile.focus = read_words(map, "focus");
  for (const std::string& word : profile.focus)
    if (const std::string problem = focus_problem(word); !problem.empty())
      map.fail("focus", problem);
  map.finish();
  if (profile.timeout <= profile.duration)
    map.fail("timeout", "is not longer than 'duration'; the collectors need time to end");
  if (!is_valid_name(entry.key) || entry.key == kNoProfile)
    errors.add(entry.position, in_quotes(entry.key) + " cannot be the name of a profile");
  return profile;
}

}  // namespace

HealthGate read_health(const ConfigValue& section, ConfigErrors& errors,
                       const AnomalyProblem& anomaly_problem) {
  constexpr std::array<std::string_view, 3> kLevels = {"fail", "warn", "off"};
  HealthGate health;
  ConfigMap map(section, errors);
  health.profile = map.string("profile", health.profile);
  health.max_drop =
      map.integer("max_drop", static_cast<int>(health.max_drop), {.min = 1, .max = 100});
  const std::string level = map.one_of("level", kLevels, "warn");
  if (level != "warn") health.level = level == "fail" ? Level::fail : Level::off;
  if (map.string("budget", "auto") != "auto")
    health.budget =
        map.duration("budget", Milliseconds(0), {.min = 1s, .max = std::chrono::days(1)});
  if (const ConfigValue* list = map.find("anomalies"))
    health.anomalies = read_anomalies(*list, errors, anomaly_problem);
  map.finish();
  return health;
}

std::vector<HostProfile> read_profiles(const ConfigValue& section, ConfigErrors& errors) {
  std::vector<HostProfile> profiles;
  ConfigMap map(section, errors);
  for (const ConfigEntry& entry : section.entries) {
    map.find(entry.key);
    if (profiles.size() == kProfilesMax) {
      errors.add(entry.position,
                 "more than " + std::to_string(kProfilesMax) + " profiles, the limit of a file");
      break;
    }
    profiles.push_back(read_profile(entry, errors));
  }
  map.finish();
  return profiles;
}

void check_health(const Project& project, const ConfigValue& gate, ConfigErrors& errors) {
  const HealthGate& health = project.gate.health;
  if (health.profile == kNoProfile) return;
  const Result<HostProfile> profile = find_profile(health.profile, project.collect.profiles);
  if (profile) return;
  ConfigErrors ignored("");
  ConfigMap map(gate, ignored);
  ConfigMap(map.section("health"), errors).fail("profile", profile.error().message + ", and none");
}

}  // namespace melisai::run
