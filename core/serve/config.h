// The configuration of `serve` -> ServeConfig. config/serve.yaml shows each key at its default.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"
#include "core/base/env_expand.h"
#include "core/base/result.h"
#include "core/model/serve_config.h"
#include "core/run/run.h"

namespace melisai::serve {

inline constexpr Bytes kServeFileMax = 256 << 10;

/// What reading asks of the world.
struct ConfigSources {
  EnvLookup env;
  run::FormatProblem format_problem;
  std::function<bool(const std::string& name)> is_timezone;
  std::string directory;  ///< absolute; paths in the file are relative to it
  /// It was taken before, maybe by a version that knew less: what merely has no effect is no reason
  /// to fail a run that waits.
  bool pinned = false;
};

/// Of this machine: the tz database, the formats that are built in, and for paths the directory of
/// `file`.
ConfigSources sources_for(const std::string& file, const EnvLookup& env);

struct LoadedConfig {
  ServeConfig config;
  std::map<std::string, std::string> secrets;  ///< what ${secret:NAME} stands for, of those named;
                                               ///< and, as ":1" and so on, what else is masked
  std::vector<std::string> remarks;  ///< sentences: what is read but has no effect as written
};

/// Errors: config, "file:line:column: what; did you mean ...". Checks everything that needs no
/// network: unknown keys, ranges, names, references between pipelines, workflows and triggers.
/// Without a project it is valid, with a remark.
Result<LoadedConfig> parse_serve_config(std::string_view text, const std::string& file_name,
                                        const ConfigSources& sources);
/// The same of a tree that was parsed already.
Result<LoadedConfig> read_serve_config(const ConfigValue& tree, const std::string& file_name,
                                       const ConfigSources& sources);

}  // namespace melisai::serve
