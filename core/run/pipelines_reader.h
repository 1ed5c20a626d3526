// The `pipelines` section of the pipeline file: stages, their benchmarks and the DAG of their
// triggers. Part of project_file.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/model/project.h"
#include "core/run/project_file.h"

namespace melisai::run {

constexpr ConfigRange<Milliseconds> kTimeoutRange = {.min = std::chrono::seconds(1),
                                                     .max = std::chrono::days(7)};

/// The value of `pin`; nothing when it is absent or wrong (then it is an error of `map`).
std::optional<Pinning> read_pinning(ConfigMap& map);

/// Reads one file's pipelines. Wrong values are added to `errors` and replaced by defaults.
class PipelinesReader {
 public:
  PipelinesReader(ConfigErrors& errors, EnvExpander& env, const FormatProblem& format_problem)
      : errors_(errors), env_(env), format_problem_(format_problem) {}

  std::vector<PipelineSpec> read(const ConfigValue& section);

 private:
  PipelineSpec read_pipeline(const ConfigEntry& entry);
  void read_trigger(ConfigMap& map, PipelineSpec& pipeline);
  void check_schedule(ConfigMap& map, const PipelineSpec& pipeline);
  std::vector<BenchmarkSpec> read_benchmarks(const ConfigValue& list);
  BenchmarkSpec read_benchmark(const ConfigValue& value);
  void check_filter(ConfigMap& map, const BenchmarkSpec& benchmark);
  RunLine read_run_line(ConfigMap& map, std::string_view key);
  std::map<std::string, std::string> read_env(ConfigMap& map);

  ConfigErrors& errors_;
  EnvExpander& env_;
  const FormatProblem& format_problem_;
  std::vector<std::string> trigger_names_;  // every valid value of `trigger` in this file
  std::set<std::string> benchmark_names_;   // of all pipelines
};

/// Indices of the pipelines of one cycle of `after`, in the order in which they trigger each other,
/// starting with the first in the file; empty when there is none. Names in `after` must be known.
std::vector<std::size_t> find_cycle(const std::vector<PipelineSpec>& pipelines);

}  // namespace melisai::run
