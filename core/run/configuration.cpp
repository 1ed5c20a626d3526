#include "core/run/configuration.h"

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

void append(std::ostream& text, const Pinning& pin) {
  text << "pin " << static_cast<int>(pin.mode);
  for (const int cpu : pin.cpus) text << ' ' << cpu;
  text << '\n';
}

}  // namespace

std::string configuration_hash(const Plan& plan, const MeasureOptions& options) {
  std::ostringstream text;
  for (const PipelineSpec& pipeline : plan.both_sides) {
    append(text, "build", pipeline.run);
    append(text, pipeline.env);
  }
  for (const BenchmarkSpec& spec : plan.benchmarks) {
    text << "benchmark " << spec.name << ' ' << static_cast<int>(spec.format) << '\n';
    append(text, "run", spec.run);
    append(text, "setup", spec.setup);
    append(text, spec.env);
    append(text, spec.pin.value_or(options.pin));
  }
  text << "cgroup " << static_cast<int>(options.cgroup) << '\n';
  for (const std::string& name : options.pass_env) text << "pass " << name << '\n';
  return hash_hex(text.str());
}

}  // namespace melisai::run
