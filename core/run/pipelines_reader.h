// The section `pipelines`, of a pipeline file or of what an operator configures: stages, their
// benchmarks and the DAG of their triggers.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"
#include "core/model/project.h"
#include "core/run/project_file.h"

namespace melisai::run {

constexpr ConfigRange<Milliseconds> kTimeoutRange = {.min = std::chrono::seconds(1),
                                                     .max = std::chrono::days(7)};

/// The value of `pin`; nothing when it is absent or wrong (then it is an error of `map`).
std::optional<Pinning> read_pinning(ConfigMap& map);

/// The value of `key`: auto, on or off; nothing when it is absent or wrong.
std::optional<ExactMode> read_exact_mode(ConfigMap& map, std::string_view key);

struct PipelinesOptions {
  StageTimeouts timeouts;
  bool needs_command = true;  ///< false: what a pipeline does may be said elsewhere
  /// Reads the keys that only this kind of file has. Called for each pipeline in file order.
  std::function<void(ConfigMap& map, const PipelineSpec& pipeline)> more_keys =
      [](ConfigMap&, const PipelineSpec&) {};
};

/// `run`, `setup` and the like: a shell line or a list. Empty when it is absent.
RunLine read_run_line(ConfigMap& map, std::string_view key, ConfigErrors& errors);

/// Reads one section of pipelines. Wrong values are added to `errors` and replaced by defaults.
class PipelinesReader {
 public:
  PipelinesReader(ConfigErrors& errors, EnvExpander& env, const FormatProblem& format_problem,
                  PipelinesOptions options)
      : errors_(errors), env_(env), format_problem_(format_problem), options_(std::move(options)) {}

  std::vector<PipelineSpec> read(const ConfigValue& section);

  /// `after_<name>` is a trigger for each of these names; read() knows those of its section.
  void know_names(const std::vector<std::string>& pipelines);
  /// The keys `trigger` and `schedule`, also of something else that starts as pipelines do.
  void read_start(ConfigMap& map, PipelineSpec& start);
  /// After map.finish(): is there a schedule just when the trigger needs one?
  void check_schedule(ConfigMap& map, const PipelineSpec& start);

 private:
  PipelineSpec read_pipeline(const ConfigEntry& entry);
  void read_trigger(ConfigMap& map, PipelineSpec& pipeline);
  void read_trigger_list(ConfigMap& map, const ConfigValue& list, PipelineSpec& pipeline);
  bool is_trigger(ConfigMap& map, const std::string& text) const;
  void check_cycles(const ConfigValue& section, const std::vector<PipelineSpec>& pipelines);
  std::vector<BenchmarkSpec> read_benchmarks(const ConfigValue& list);
  BenchmarkSpec read_benchmark(const ConfigValue& value);
  void check_filter(ConfigMap& map, const BenchmarkSpec& benchmark);
  std::map<std::string, std::string> read_env(ConfigMap& map,
                                              std::map<std::string, std::string>* secrets);
  std::vector<std::string> read_cache(ConfigMap& map);

  ConfigErrors& errors_;
  EnvExpander& env_;
  const FormatProblem& format_problem_;
  PipelinesOptions options_;
  std::vector<std::string> trigger_names_;  // every valid value of `trigger` in this file
  std::set<std::string> benchmark_names_;   // of all pipelines
};

/// Of things that wait for others, by index: those of one cycle, each before the one that waits for
/// it, starting with the lowest; empty when there is none.
std::vector<std::size_t> find_cycle(const std::vector<std::vector<std::size_t>>& waits_for);

/// "a -> b -> a", of names that are in a cycle.
std::string describe_cycle(const std::vector<std::string>& names);

}  // namespace melisai::run
