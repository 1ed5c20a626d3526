// .melisai-gate.yaml -> Project. The one place that knows the file's keys; config/melisai-gate.yaml
// shows each at its default.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"
#include "core/base/env_expand.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/model/host_profile.h"
#include "core/model/project.h"

namespace melisai::run {

/// At the root of the repository.
inline constexpr const char* kPipelineFile = ".melisai-gate.yaml";
inline constexpr Bytes kPipelineFileMax = 256 << 10;

/// What is wrong with a benchmark's `format`, "" when nothing is. The step that measures knows;
/// steps do not know each other.
using FormatProblem = std::function<std::string(const FormatSpec&)>;
/// The same of the name of an anomaly, which the gate knows.
using AnomalyProblem = std::function<std::string(const std::string&)>;
struct StepKnowledge {
  FormatProblem format_problem;
  AnomalyProblem anomaly_problem;
};

/// Errors: config, "file:line:column: what; did you mean ...". Checks everything that needs no
/// machine: unknown keys, ranges, names, the DAG of `trigger: after_<name>` (unknown name, cycle:
/// at the position of the trigger). A file without pipelines is valid; whether something can be
/// measured is the plan's question. `env` is asked for the values of `env:` maps and for
/// project.name only. `timeouts` are those of pipelines that say none.
Result<Project> parse_project(std::string_view text, const std::string& file_name,
                              const EnvLookup& env, const StepKnowledge& knowledge,
                              const StageTimeouts& timeouts = {});

/// The profiles of `collect.profiles` alone, whatever is wrong in other sections. Errors: config.
Result<std::vector<HostProfile>> parse_profiles(std::string_view text,
                                                const std::string& file_name);

/// The section `git`, which an operator's configuration has too.
GitOptions read_git(const ConfigValue& section, ConfigErrors& errors);

/// A benchmark or pipeline name: 1 to 100 of [A-Za-z0-9_.+-] and '/', no leading '-', no "..", no
/// part between slashes empty or
/// ".": a name is also a relative path below a log directory.
bool is_valid_name(std::string_view name);

/// "auto", "off" or a CPU list such as "0,2-3" (sorted and unique in the result; CPU numbers up to
/// 4095). Errors: usage.
Result<Pinning> parse_pinning(std::string_view text);

}  // namespace melisai::run
