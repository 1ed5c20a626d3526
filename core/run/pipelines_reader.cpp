#include "core/run/pipelines_reader.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/model/cron.h"
#include "core/run/format_reader.h"
#include "core/run/project_file.h"

namespace melisai::run {
namespace {

using Trigger = PipelineSpec::Trigger;

constexpr std::size_t kPipelinesMax = 200;
constexpr std::size_t kBenchmarksMax = 1000;
constexpr std::size_t kCycleNamesShown = 10;
constexpr std::size_t kCachePathsMax = 100;
constexpr std::size_t kPathLengthMax = 1000;
constexpr std::string_view kAfter = "after_";
constexpr std::string_view kNameRule =
    "; use 1 to 100 letters, digits, '_', '.', '+', '-' or '/', not starting with '-'";

std::string limit_passed(std::size_t limit, std::string_view things) {
  return "more than " + std::to_string(limit) + " " + std::string(things) + ", the limit of a file";
}

bool is_path_below(std::string_view path) {
  if (path.size() > kPathLengthMax || printable(path) != path) return false;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty() || part == "." || part == ".." || part == ".git") return false;
    start = end + 1;
  }
  return true;
}

ConfigPosition trigger_position(const ConfigValue& section, const std::string& pipeline) {
  for (const ConfigEntry& entry : section.entries)
    for (const ConfigEntry& key : entry.value.entries)
      if (entry.key == pipeline && key.key == "trigger") return key.value.position;
  return section.position;
}

}  // namespace

std::optional<Pinning> read_pinning(ConfigMap& map) {
  const std::string text = map.string("pin", "auto");
  if (!map.find("pin")) return std::nullopt;
  const Result<Pinning> pinning = parse_pinning(text);
  if (pinning) return *pinning;
  map.fail("pin", pinning.error().message);
  return std::nullopt;
}

std::optional<ExactMode> read_exact_mode(ConfigMap& map, std::string_view key) {
  constexpr std::array<std::string_view, 3> kModes = {"auto", "on", "off"};
  const std::string mode = map.one_of(key, kModes, "auto");
  if (!map.find(key)) return std::nullopt;
  return mode == "on" ? ExactMode::on : mode == "off" ? ExactMode::off : ExactMode::automatic;
}

RunLine read_run_line(ConfigMap& map, std::string_view key, ConfigErrors& errors) {
  const ConfigValue* const value = map.find(key);
  if (!value) return {};
  if (value->kind == ConfigValue::Kind::scalar) {
    if (value->text.find_first_not_of(" \t\r\n") == std::string::npos)
      map.fail(key, "an empty command");
    return {.shell = value->text, .argv = {}};
  }
  if (value->kind == ConfigValue::Kind::mapping) {
    map.fail(key, "expected a shell line or a list [program, argument, ...], found a mapping");
    return {};
  }
  RunLine line{.shell = "", .argv = scalars_of(*value, errors)};
  if (line.argv.empty() || line.argv.front().empty()) map.fail(key, "the list names no program");
  return line;
}

std::vector<std::size_t> find_cycle(const std::vector<std::vector<std::size_t>>& waits_for) {
  enum class Mark { unseen, on_path, harmless };
  std::vector<Mark> marks(waits_for.size(), Mark::unseen);
  struct Step {
    std::size_t at = 0;
    std::size_t next = 0;  // of what it waits for
  };
  for (std::size_t start = 0; start < waits_for.size(); ++start) {
    if (marks[start] != Mark::unseen) continue;
    std::vector<Step> path{{.at = start}};
    marks[start] = Mark::on_path;
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == waits_for[step.at].size()) {
        marks[step.at] = Mark::harmless;
        path.pop_back();
        continue;
      }
      const std::size_t other = waits_for[step.at][step.next++];
      if (marks[other] == Mark::unseen) {
        marks[other] = Mark::on_path;
        path.push_back({.at = other});
      } else if (marks[other] == Mark::on_path) {
        // The path runs from effect to cause; a reader wants cause to effect, from the first.
        std::vector<std::size_t> cycle;
        for (auto each = path.rbegin(); cycle.empty() || cycle.back() != other; ++each)
          cycle.push_back(each->at);
        std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
        return cycle;
      }
    }
  }
  return {};
}

std::string describe_cycle(const std::vector<std::string>& names) {
  std::string path;
  for (std::size_t i = 0; i < std::min(names.size(), kCycleNamesShown); ++i)
    path += names[i] + " -> ";
  if (names.size() > kCycleNamesShown) path += "... -> ";
  return path + names.front();
}

std::vector<PipelineSpec> PipelinesReader::read(const ConfigValue& section) {
  ConfigMap map(section, errors_);
  if (section.entries.size() > kPipelinesMax) {
    errors_.add(section.entries[kPipelinesMax].position, limit_passed(kPipelinesMax, "pipelines"));
    return {};
  }
  for (const ConfigEntry& entry : section.entries)
    if (!is_valid_name(entry.key))
      errors_.add(entry.position, in_quotes(entry.key) + " is not a valid name of a pipeline" +
                                      std::string(kNameRule));
  std::vector<std::string> names;
  for (const ConfigEntry& entry : section.entries) names.push_back(entry.key);
  know_names(names);
  std::vector<PipelineSpec> pipelines;
  for (const ConfigEntry& entry : section.entries) pipelines.push_back(read_pipeline(entry));
  if (errors_.first()) return pipelines;  // the search for cycles needs known names

  check_cycles(section, pipelines);
  return pipelines;
}

void PipelinesReader::check_cycles(const ConfigValue& section,
                                   const std::vector<PipelineSpec>& pipelines) {
  std::map<std::string_view, std::size_t> index_of;
  for (std::size_t i = 0; i < pipelines.size(); ++i) index_of[pipelines[i].name] = i;
  std::vector<std::vector<std::size_t>> waits_for(pipelines.size());
  for (std::size_t i = 0; i < pipelines.size(); ++i)
    for (const std::string& name : pipelines[i].after) waits_for[i].push_back(index_of.at(name));
  std::vector<std::string> names;
  for (const std::size_t i : find_cycle(waits_for)) names.push_back(pipelines[i].name);
  if (!names.empty())
    errors_.add(
        trigger_position(section, names.front()),
        "'trigger': a cycle: " + describe_cycle(names) + "; let one of them start on_commit");
}

void PipelinesReader::know_names(const std::vector<std::string>& pipelines) {
  trigger_names_ = {"on_commit", "on_tag", "cron", "manual"};
  for (const std::string& name : pipelines) trigger_names_.push_back(std::string(kAfter) + name);
}

PipelineSpec PipelinesReader::read_pipeline(const ConfigEntry& entry) {
  PipelineSpec pipeline;
  pipeline.name = entry.key;
  ConfigMap map(entry.value, errors_);
  read_start(map, pipeline);
  pipeline.run = read_run_line(map, "run", errors_);
  pipeline.env = read_env(map, &pipeline.secret_env);
  pipeline.cache = read_cache(map);
  pipeline.timeout = map.duration("timeout", options_.timeouts.of(entry.key), kTimeoutRange);
  if (const ConfigValue* const list = map.find("benchmarks"))
    pipeline.benchmarks = read_benchmarks(*list);
  options_.more_keys(map, pipeline);
  map.finish();

  if (!map.find("trigger"))
    map.fail("trigger", "pipeline " + in_quotes(entry.key) +
                            " needs 'trigger', for example on_commit or after_build");
  check_schedule(map, pipeline);
  if (options_.needs_command && pipeline.run.empty() && pipeline.benchmarks.empty())
    map.fail("run", "pipeline " + in_quotes(entry.key) +
                        " has nothing to do; it needs 'run' or 'benchmarks'");
  return pipeline;
}

void PipelinesReader::read_start(ConfigMap& map, PipelineSpec& start) {
  read_trigger(map, start);
  start.schedule = map.string("schedule", "");
}

void PipelinesReader::read_trigger(ConfigMap& map, PipelineSpec& pipeline) {
  const ConfigValue* const value = map.find("trigger");
  if (value != nullptr && value->kind == ConfigValue::Kind::sequence)
    return read_trigger_list(map, *value, pipeline);
  const std::string text = map.string("trigger", "manual");
  if (!is_trigger(map, text)) return;
  if (text == "on_commit") pipeline.trigger = Trigger::on_commit;
  if (text == "on_tag") pipeline.trigger = Trigger::on_tag;
  if (text == "cron") pipeline.trigger = Trigger::cron;
  if (!text.starts_with(kAfter)) return;
  pipeline.trigger = Trigger::after;
  pipeline.after = {text.substr(kAfter.size())};
}

/// Several that all have to pass: the joint of a diamond.
void PipelinesReader::read_trigger_list(ConfigMap& map, const ConfigValue& list,
                                        PipelineSpec& pipeline) {
  pipeline.trigger = Trigger::after;
  for (const std::string& text : scalars_of(list, errors_)) {
    if (!is_trigger(map, text)) return;
    if (!text.starts_with(kAfter))
      return map.fail("trigger", in_quotes(text) +
                                     " cannot be one of several; a list names what has to pass: "
                                     "[after_build, after_lint]");
    std::string name = text.substr(kAfter.size());
    if (std::find(pipeline.after.begin(), pipeline.after.end(), name) != pipeline.after.end())
      return map.fail("trigger", in_quotes(text) + " is there twice; once is enough");
    pipeline.after.push_back(std::move(name));
  }
  if (pipeline.after.empty())
    map.fail("trigger", "an empty list; name what has to pass, such as [after_build, after_lint]");
}

bool PipelinesReader::is_trigger(ConfigMap& map, const std::string& text) const {
  if (std::find(trigger_names_.begin(), trigger_names_.end(), text) != trigger_names_.end())
    return true;
  const bool is_after = text.starts_with(kAfter);
  map.fail("trigger", (is_after ? "no pipeline is called " + in_quotes(text.substr(kAfter.size()))
                                : "unknown trigger " + in_quotes(text)) +
                          suggestion(text, trigger_names_, "choose one of"));
  return false;
}

void PipelinesReader::check_schedule(ConfigMap& map, const PipelineSpec& pipeline) {
  const bool given = map.find("schedule") != nullptr;
  const bool needed = pipeline.trigger == Trigger::cron;
  if (needed && !given)
    map.fail("schedule", "trigger 'cron' needs 'schedule', for example schedule: \"0 0 3 * * *\"");
  if (!needed && given)
    map.fail("schedule", "only used with 'trigger: cron'; remove it or change the trigger");
  if (!given) return;
  const Result<CronSchedule> schedule = parse_cron(pipeline.schedule);
  if (!schedule) map.fail("schedule", schedule.error().message);
}

/// `secrets`: null where there can be none. What is timed has none: its output is not masked while
/// it runs.
std::map<std::string, std::string> PipelinesReader::read_env(
    ConfigMap& map, std::map<std::string, std::string>* secrets) {
  std::map<std::string, std::string> env;
  const ConfigValue& section = map.section("env");
  const ConfigMap kind_check(section, errors_);
  for (const ConfigEntry& entry : section.entries) {
    if (!is_env_name(entry.key))
      errors_.add(entry.position, in_quotes(entry.key) +
                                      " is not a name of an environment variable; use letters, " +
                                      "digits and '_', not starting with a digit");
    if (entry.value.kind != ConfigValue::Kind::scalar) {
      errors_.add(entry.value.position, "expected the text of variable " + in_quotes(entry.key) +
                                            ", found " + std::string(describe(entry.value.kind)) +
                                            "; write \"\" for an empty one");
      continue;
    }
    const bool is_secret = names_secret(entry.value.text);
    if (is_secret && secrets == nullptr)
      errors_.add(entry.value.position,
                  "a benchmark gets no secrets; only 'env' of a pipeline may "
                  "name one, for its 'run'");
    Result<std::string> text = is_secret ? env_.expand_around_secrets(entry.value.text)
                               : names_private(entry.key) ? env_.expand_private(entry.value.text)
                                                          : env_.expand(entry.value.text);
    if (is_secret && secrets != nullptr && text) {
      secrets->emplace(entry.key, *std::move(text));
      continue;
    }
    if (!text) errors_.add(entry.value.position, text.error().message);
    env[entry.key] = text ? *std::move(text) : "";
  }
  return env;
}

std::vector<std::string> PipelinesReader::read_cache(ConfigMap& map) {
  std::vector<std::string> paths = map.strings("cache");
  if (paths.size() > kCachePathsMax) map.fail("cache", limit_passed(kCachePathsMax, "paths"));
  for (const std::string& path : paths)
    if (!is_path_below(path))
      map.fail("cache", in_quotes(path) +
                            " is no path in the tree; write for example build/deps, without '.', "
                            "'..', '.git' and '/' at an end");
  return paths;
}

std::vector<BenchmarkSpec> PipelinesReader::read_benchmarks(const ConfigValue& list) {
  std::vector<BenchmarkSpec> benchmarks;
  if (list.kind != ConfigValue::Kind::sequence)
    errors_.add(list.position,
                "'benchmarks': expected a list of '- { name: ..., run: ... }', found " +
                    std::string(describe(list.kind)));
  for (const ConfigValue& item : list.items) {
    if (benchmark_names_.size() == kBenchmarksMax)
      errors_.add(item.position, limit_passed(kBenchmarksMax, "benchmarks"));
    benchmarks.push_back(read_benchmark(item));
  }
  return benchmarks;
}

BenchmarkSpec PipelinesReader::read_benchmark(const ConfigValue& value) {
  BenchmarkSpec benchmark;
  ConfigMap map(value, errors_);
  benchmark.name = map.string("name", "");
  benchmark.run = read_run_line(map, "run", errors_);
  benchmark.setup = read_run_line(map, "setup", errors_);
  benchmark.format = read_format(map, errors_, format_problem_);
  benchmark.filter = map.string("filter", "");
  benchmark.env = read_env(map, nullptr);
  benchmark.pin = read_pinning(map);
  benchmark.exact = read_exact_mode(map, "exact");
  benchmark.timeout = map.duration("timeout", benchmark.timeout, kTimeoutRange);
  map.finish();

  if (!map.find("name")) {
    map.fail("name", "a benchmark needs 'name'");
  } else if (!is_valid_name(benchmark.name)) {
    map.fail("name", in_quotes(benchmark.name) + " is not a valid name of a benchmark" +
                         std::string(kNameRule));
  } else if (!benchmark_names_.insert(benchmark.name).second) {
    map.fail("name", "a second benchmark " + in_quotes(benchmark.name) +
                         "; names are unique in the whole file");
  }
  if (benchmark.run.empty())
    map.fail("run", "benchmark " + in_quotes(benchmark.name) + " needs 'run', its command");
  check_filter(map, benchmark);
  if (benchmark.exact == ExactMode::on && !benchmark.format.measures_process())
    map.fail("exact",
             "counts the instructions of a command that always does the same work; a benchmark "
             "with a format chooses its own, so remove one of the two");
  return benchmark;
}

void PipelinesReader::check_filter(ConfigMap& map, const BenchmarkSpec& benchmark) {
  if (!map.find("filter")) return;
  if (benchmark.format.measures_process())
    map.fail("filter",
             "needs a format that names single benchmarks; for example 'format: google-benchmark', "
             "or remove it");
  if (benchmark.filter.find("{regex}") == std::string::npos)
    map.fail("filter", in_quotes(benchmark.filter) +
                           " lacks {regex}, the place of the benchmarks' names; write for " +
                           "example \"--benchmark_filter={regex}\"");
}

}  // namespace melisai::run
