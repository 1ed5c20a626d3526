#include "core/run/project_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "core/base/config.h"
#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/run/health_reader.h"
#include "core/run/pipelines_reader.h"

namespace melisai::run {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr int kVersion = 1;
constexpr std::size_t kNameLengthMax = 100;
constexpr std::size_t kPassEnvMax = 200;
constexpr std::size_t kRulesMax = 200;
constexpr std::size_t kCollectorNamesMax = 200;
constexpr std::size_t kGlobLengthMax = 200;
constexpr ConfigRange<double> kThresholdRange = {.min = kThresholdMin, .max = kThresholdMax};
constexpr int kCpuMax = 4095;

bool take_cpu(std::string_view& text, int& cpu) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cpu);
  text.remove_prefix(digits.size());
  return error == std::errc{} && cpu <= kCpuMax;
}

bool parse_cpu_list(std::string_view text, std::set<int>& cpus) {
  while (true) {
    int first = 0;
    if (!take_cpu(text, first)) return false;
    int last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      if (!take_cpu(text, last) || last < first) return false;
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.insert(cpu);
    if (!text.starts_with(',')) return text.empty();
    text.remove_prefix(1);
  }
}

std::string read_name(const ConfigValue& section, ConfigErrors& errors, EnvExpander& env) {
  ConfigMap map(section, errors);
  const Result<std::string> name = env.expand(map.string("name", ""));
  map.finish();
  if (!name) {
    map.fail("name", name.error().message);
  } else if (name->size() > kNameLengthMax || printable(*name) != *name) {
    map.fail("name", "a project's name has at most 100 bytes of text without control characters");
  } else {
    return *name;
  }
  return "";
}

bool is_glob(std::string_view text) { return !text.empty() && text.size() <= kGlobLengthMax; }

std::string not_a_glob(const std::string& text) {
  return in_quotes(text) + " is not a pattern of names; use 1 to " +
         std::to_string(kGlobLengthMax) + " bytes";
}

std::string read_glob(ConfigMap& map, std::string_view key) {
  const std::string glob = map.string(key, "*");
  if (!is_glob(glob)) map.fail(key, not_a_glob(glob));
  return glob;
}

Rule read_rule(const ConfigValue& value, ConfigErrors& errors) {
  constexpr std::array<std::string_view, 3> kLevels = {"fail", "warn", "off"};
  constexpr std::array<Level, 3> kLevelOf = {Level::fail, Level::warn, Level::off};
  Rule rule;
  ConfigMap map(value, errors);
  rule.benchmark = read_glob(map, "benchmark");
  rule.metric = read_glob(map, "metric");
  const double threshold = map.fraction("threshold", kThresholdRange.min, kThresholdRange);
  if (map.find("threshold")) rule.threshold = threshold;
  const std::string level = map.one_of("level", kLevels, "fail");
  if (map.find("level")) {
    const auto at = std::find(kLevels.begin(), kLevels.end(), level) - kLevels.begin();
    rule.level = kLevelOf[static_cast<std::size_t>(at)];
  }
  map.finish();
  if (!rule.threshold && !rule.level)
    map.fail("level", "a rule needs 'threshold' or 'level', or it changes nothing");
  return rule;
}

std::vector<Rule> read_rules(const ConfigValue& list, ConfigErrors& errors) {
  std::vector<Rule> rules;
  if (list.kind != ConfigValue::Kind::sequence)
    errors.add(list.position,
               "'rules': expected a list of '- { benchmark: ..., level: ... }', found " +
                   std::string(describe(list.kind)));
  for (const ConfigValue& item : list.items) {
    if (rules.size() == kRulesMax) {
      errors.add(item.position,
                 "more than " + std::to_string(kRulesMax) + " rules, the limit of a file");
      break;
    }
    rules.push_back(read_rule(item, errors));
  }
  return rules;
}

Explain read_explain(const ConfigValue& section, ConfigErrors& errors) {
  constexpr std::array<std::string_view, 2> kModes = {"regressions", "off"};
  Explain explain;
  ConfigMap map(section, errors);
  explain.regressions = map.one_of("mode", kModes, "regressions") == "regressions";
  explain.budget = map.duration("budget", explain.budget, {.min = 1s, .max = days(1)});
  explain.runs = map.integer("runs", explain.runs, {.min = 1, .max = 100});
  map.finish();
  return explain;
}

Exact read_exact(const ConfigValue& section, ConfigErrors& errors) {
  Exact exact;
  ConfigMap map(section, errors);
  exact.mode = read_exact_mode(map, "mode").value_or(exact.mode);
  exact.run_max = map.duration("run_max", exact.run_max, {.min = 1ms, .max = 1min});
  exact.budget = map.duration("budget", exact.budget, {.min = 1s, .max = days(1)});
  exact.runs = map.integer("runs", exact.runs, {.min = kExactRunsMin, .max = 100});
  exact.tolerance = map.fraction("tolerance", exact.tolerance, {.min = 0.00001, .max = 0.01});
  map.finish();
  return exact;
}

Policy read_policy(const ConfigValue& section, ConfigErrors& errors,
                   const AnomalyProblem& anomaly_problem) {
  constexpr std::array<std::string_view, 3> kFailOn = {"regression", "inconclusive", "never"};
  Policy policy;
  ConfigMap map(section, errors);
  policy.threshold = map.fraction("threshold", policy.threshold, kThresholdRange);
  policy.false_alarm = map.fraction("false_alarm", policy.false_alarm, {.min = 0.0001, .max = 0.5});
  policy.miss = map.fraction("miss", policy.miss, {.min = 0.0001, .max = 0.5});
  policy.max_pairs = map.integer("max_pairs", policy.max_pairs, {.min = 4, .max = 10'000});
  policy.budget = map.duration("budget", policy.budget, {.min = 1s, .max = days(7)});
  const std::string fail_on = map.one_of("fail_on", kFailOn, "regression");
  if (fail_on == "inconclusive") policy.fail_on = FailOn::inconclusive;
  if (fail_on == "never") policy.fail_on = FailOn::never;
  if (const ConfigValue* const list = map.find("rules")) policy.rules = read_rules(*list, errors);
  policy.health = read_health(map.section("health"), errors, anomaly_problem);
  policy.explain = read_explain(map.section("explain"), errors);
  policy.exact = read_exact(map.section("exact"), errors);
  map.finish();
  return policy;
}

MeasureOptions read_measure(const ConfigValue& section, ConfigErrors& errors) {
  constexpr std::array<std::string_view, 2> kCgroup = {"auto", "off"};
  MeasureOptions measure;
  ConfigMap map(section, errors);
  measure.pin = read_pinning(map).value_or(measure.pin);
  if (map.one_of("cgroup", kCgroup, "auto") == "off") measure.cgroup = CgroupMode::off;
  measure.grace = map.duration("grace", measure.grace, {.min = 0s, .max = 10min});
  measure.output_max =
      map.bytes("output_max", measure.output_max, {.min = 128 << 10, .max = Bytes{16} << 30});
  measure.result_max =
      map.bytes("result_max", measure.result_max, {.min = 4 << 10, .max = Bytes{1} << 30});
  measure.metrics_max = map.integer("metrics_max", measure.metrics_max, {.min = 1, .max = 100'000});
  measure.machine_wait =
      map.duration("machine_wait", measure.machine_wait, {.min = 0s, .max = days(7)});
  measure.pass_env = map.strings("pass_env");
  map.finish();
  if (measure.pass_env.size() > kPassEnvMax)
    map.fail("pass_env",
             "more than " + std::to_string(kPassEnvMax) + " names, the limit of this list");
  for (const std::string& name : measure.pass_env)
    if (!is_env_name(name))
      map.fail("pass_env", in_quotes(name) + " is not a name of an environment variable");
  return measure;
}

void read_disturbed(const ConfigValue& section, CollectOptions& collect, ConfigErrors& errors) {
  ConfigMap map(section, errors);
  collect.disturbed_other_cpu =
      map.fraction("other_cpu", collect.disturbed_other_cpu, {.min = 0.01, .max = 10});
  collect.disturbed_steal =
      map.fraction("steal", collect.disturbed_steal, {.min = 0.001, .max = 1});
  collect.disturbed_pressure =
      map.fraction("pressure", collect.disturbed_pressure, {.min = 0.001, .max = 1});
  map.finish();
}

std::vector<std::string> read_collector_names(ConfigMap& map, std::string_view key) {
  std::vector<std::string> names = map.strings(key);
  if (names.size() > kCollectorNamesMax)
    map.fail(key,
             "more than " + std::to_string(kCollectorNamesMax) + " names, the limit of this list");
  for (const std::string& name : names)
    if (!is_glob(name)) map.fail(key, not_a_glob(name));
  return names;
}

CollectOptions read_collect(const ConfigValue& section, ConfigErrors& errors) {
  CollectOptions collect;
  ConfigMap map(section, errors);
  collect.enabled = map.boolean("enabled", collect.enabled);
  collect.collectors = read_collector_names(map, "collectors");
  collect.required = read_collector_names(map, "required");
  const ConfigValue* const profile = map.find("profile");
  if (profile != nullptr && profile->text != "true" && profile->text != "false")
    map.fail("profile",
             in_quotes(profile->text) +
                 " is not a truth value: it says whether runs are profiled; how the host is "
                 "watched is written as gate: { health: { profile: none } }");
  collect.profile = map.boolean("profile", collect.profile);
  collect.watch = map.boolean("watch", collect.watch);
  collect.trace_exit = map.boolean("trace_exit", collect.trace_exit);
  read_disturbed(map.section("disturbed"), collect, errors);
  collect.start_max = map.duration("start_max", collect.start_max, {.min = 100ms, .max = 10s});
  collect.stop_max = map.duration("stop_max", collect.stop_max, {.min = 100ms, .max = 20s});
  collect.memory_max =
      map.bytes("memory_max", collect.memory_max, {.min = 16 << 20, .max = Bytes{64} << 30});
  collect.samples_max =
      map.integer("samples_max", collect.samples_max, {.min = 1, .max = 1'000'000});
  collect.log_max = map.bytes("log_max", collect.log_max, {.min = 1 << 10, .max = 16 << 20});
  collect.restarts_max = map.integer("restarts_max", collect.restarts_max, {.min = 0, .max = 10});
  collect.collectors_max =
      map.integer("collectors_max", collect.collectors_max, {.min = 1, .max = 1000});
  collect.profiles = read_profiles(map.section("profiles"), errors);
  map.finish();
  for (const std::string& name : collect.required)
    if (name.find_first_of("*?") != std::string::npos)
      map.fail("required", in_quotes(name) + " is a pattern; name each required collector");
  if (!(collect.enabled && collect.profile) && !collect.required.empty())
    map.fail("required",
             "nothing can be required with 'enabled: false' or 'profile: false'; remove one of "
             "them");
  return collect;
}

/// What is required is also selected.
void select_required(CollectOptions& collect) {
  if (collect.collectors.empty()) return;
  for (const std::string& name : collect.required) {
    const auto selects = [&](const std::string& glob) { return matches_glob(glob, name); };
    if (std::none_of(collect.collectors.begin(), collect.collectors.end(), selects))
      collect.collectors.push_back(name);
  }
}

CacheOptions read_cache(const ConfigValue& section, ConfigErrors& errors) {
  CacheOptions cache;
  ConfigMap map(section, errors);
  cache.enabled = map.boolean("enabled", cache.enabled);
  cache.size_max = map.bytes("max_size", cache.size_max, {.min = 1 << 20, .max = Bytes{16} << 40});
  cache.age_max = map.duration("max_age", cache.age_max, {.min = 1min, .max = days(366)});
  map.finish();
  return cache;
}

/// What only the operator's file says of a pipeline.
void know_keys_of_the_daemon(ConfigMap& map) {
  map.belongs("params",
              "it is a key of pipelines in the configuration of the daemon (`serve --config`); "
              "stages see every param of a trigger as MELISAI_PARAM_NAME also without it");
  for (const std::string_view key : {"if", "timezone", "duration"})
    map.belongs(key,
                "it is a key of pipelines in the configuration of the daemon (`serve --config`)");
}

// Before the sections are read: a file of another version, or with a misspelt section, has nothing
// more urgent to say.
void check_root(const ConfigValue& tree, ConfigErrors& errors) {
  ConfigMap root(tree, errors);
  const ConfigValue* const version = root.find("version");
  const int number = root.integer("version", kVersion, {.min = 0, .max = 1'000'000});
  if (number != kVersion)
    root.fail("version",
              std::to_string(number) + " is not supported; this melisai-gate reads version 1");
  for (const std::string_view key :
       {"project", "pipelines", "gate", "measure", "collect", "git", "cache"})
    root.find(key);
  root.belongs("health", "write gate: { health: ... }");
  root.belongs("profile", "write gate: { health: { profile: ... } }");
  root.belongs("params",
               "it is a key of pipelines in the configuration of the daemon (`serve --config`)");
  root.finish();
  if (!version) root.fail("version", "'version' is missing; start the file with 'version: 1'");
}

}  // namespace

bool is_valid_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-/";
  if (name.empty() || name.size() > kNameLengthMax || name.front() == '-') return false;
  if (name.find_first_not_of(kAllowed) != std::string_view::npos) return false;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t end = std::min(name.find('/', start), name.size());
    const std::string_view part = name.substr(start, end - start);
    if (part.empty() || part == "." || part.find("..") != std::string_view::npos) return false;
    start = end + 1;
  }
  return true;
}

Result<Pinning> parse_pinning(std::string_view text) {
  if (text == "auto") return Pinning{};
  if (text == "off") return Pinning{.mode = Pinning::Mode::off, .cpus = {}};
  std::set<int> cpus;
  if (parse_cpu_list(text, cpus))
    return Pinning{.mode = Pinning::Mode::list, .cpus = {cpus.begin(), cpus.end()}};
  return Error{Errc::usage,
               in_quotes(text) +
                   " is not a CPU placement; write auto, off or CPU numbers such as \"0,2-3\""};
}

GitOptions read_git(const ConfigValue& section, ConfigErrors& errors) {
  GitOptions git;
  ConfigMap map(section, errors);
  git.allow_http = map.boolean("allow_http", git.allow_http);
  git.submodules = map.boolean("submodules", git.submodules);
  git.timeout = map.duration("timeout", git.timeout, kTimeoutRange);
  map.finish();
  return git;
}

Result<Project> parse_project(std::string_view text, const std::string& file_name,
                              const EnvLookup& env, const StepKnowledge& knowledge,
                              const StageTimeouts& timeouts) {
  MELISAI_TRY(const ConfigValue tree, parse_config(text, file_name));
  ConfigErrors errors(file_name);
  check_root(tree, errors);

  ConfigMap root(tree, errors);
  EnvExpander expander(env);
  PipelinesReader pipelines(
      errors, expander, knowledge.format_problem,
      {.timeouts = timeouts,
       .more_keys = [](ConfigMap& map, const PipelineSpec&) { know_keys_of_the_daemon(map); }});
  Project project;
  project.name = read_name(root.section("project"), errors, expander);
  project.pipelines = pipelines.read(root.section("pipelines"));
  project.gate = read_policy(root.section("gate"), errors, knowledge.anomaly_problem);
  project.measure = read_measure(root.section("measure"), errors);
  project.collect = read_collect(root.section("collect"), errors);
  select_required(project.collect);
  check_health(project, root.section("gate"), errors);
  project.git = read_git(root.section("git"), errors);
  project.cache = read_cache(root.section("cache"), errors);
  if (errors.first()) return *errors.first();
  return project;
}

Result<std::vector<HostProfile>> parse_profiles(std::string_view text,
                                                const std::string& file_name) {
  MELISAI_TRY(const ConfigValue tree, parse_config(text, file_name));
  ConfigErrors errors(file_name);
  check_root(tree, errors);
  ConfigMap root(tree, errors);
  ConfigMap collect(root.section("collect"), errors);
  std::vector<HostProfile> profiles = read_profiles(collect.section("profiles"), errors);
  if (errors.first()) return *errors.first();
  return profiles;
}

}  // namespace melisai::run
