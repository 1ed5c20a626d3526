#include "core/run/configuration.h"

#include <optional>
#include <sstream>

#include "core/base/hash.h"

namespace melisai::run {
namespace {

void append(std::ostream& text, const char* name, const RunLine& line) {
  text << name;
  for (const std::string& word : argv_of(line)) text << '\0' << word;
  text << '\n';
}

void append(std::ostream& text, const std::map<std::string, std::string>& env) {
  for (const auto& [name, value] : env) text << "env " << name << '=' << value << '\n';
}

void append(std::ostream& text, std::optional<Better> better) {
  text << '\0' << (better ? static_cast<int>(*better) : -1) << '\n';
}

void append(std::ostream& text, const FormatSpec& format) {
  text << "format " << format.name << '\n';
  if (format.json) {
    text << "json " << format.json->items << '\0' << format.json->name << '\0' << format.json->value
         << '\0' << format.json->unit << '\0' << format.json->metric;
    append(text, format.json->better);
  }
  if (format.regex) {
    text << "regex " << format.regex->pattern << '\0' << format.regex->unit << '\0'
         << format.regex->metric;
    append(text, format.regex->better);
  }
}

void append(std::ostream& text, const Pinning& pin) {
  text << "pin " << static_cast<int>(pin.mode);
  for (const int cpu : pin.cpus) text << ' ' << cpu;
  text << '\n';
}

void append(std::ostream& text, const PipelineSpec& pipeline) {
  append(text, "build", pipeline.run);
  append(text, pipeline.env);
}

void append(std::ostream& text, const BenchmarkSpec& spec, const MeasureOptions& options) {
  text << "benchmark " << spec.name << '\n';
  append(text, spec.format);
  append(text, "run", spec.run);
  append(text, "setup", spec.setup);
  append(text, spec.env);
  append(text, spec.pin.value_or(options.pin));
}

void append(std::ostream& text, const MeasureOptions& options) {
  text << "cgroup " << static_cast<int>(options.cgroup) << '\n';
  for (const std::string& name : options.pass_env) text << "pass " << name << '\n';
}

}  // namespace

std::string configuration_hash(const Plan& plan, const MeasureOptions& options) {
  std::ostringstream text;
  for (const PipelineSpec& pipeline : plan.both_sides) append(text, pipeline);
  for (const BenchmarkSpec& spec : plan.benchmarks) append(text, spec, options);
  append(text, options);
  return hash_hex(text.str());
}

std::string benchmark_configuration(const Project& project, const std::string& benchmark) {
  for (const PipelineSpec& pipeline : project.pipelines) {
    for (const BenchmarkSpec& spec : pipeline.benchmarks) {
      if (spec.name != benchmark) continue;
      std::ostringstream text;
      append(text, spec, project.measure);
      const auto chain = chain_to(pipeline.name, project);
      if (!chain) return "";
      for (auto step = chain->rbegin(); step != chain->rend(); ++step) append(text, *step);
      append(text, project.measure);
      return hash_hex(text.str());
    }
  }
  return "";
}

}  // namespace melisai::run
