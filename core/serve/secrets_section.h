// The section `secrets`, and where the values come from. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

std::map<std::string, SecretSource> read_secret_sources(const ConfigValue& section,
                                                        Reading& reading);

/// What ${secret:name} stands for. A file is a regular one of ours, for nobody else's eyes; the end
/// of its last line does not belong to the secret. Errors: config, which never hold the value.
Result<std::string> secret_value(const std::string& name,
                                 const std::map<std::string, SecretSource>& sources,
                                 const EnvLookup& env);

/// The variable that holds the secret, or would if a file did not: nobody else may have it.
std::string variable_of(const std::string& name,
                        const std::map<std::string, SecretSource>& sources);

/// Absolute paths of what the configuration names and only the operator may read: files of secrets
/// and of keys.
std::vector<std::string> private_files(const ServeConfig& config);

}  // namespace melisai::serve
