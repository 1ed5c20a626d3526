// The name under which a project's runs, baselines and acknowledgements are stored.
#pragma once

#include <string>

#include "core/orchestrator.h"

namespace melisai {

/// Of the project that `directory` (absolute) lies in: project.name of the work tree's pipeline
/// file, else the name of the repository's directory. Errors: git, config.
Result<std::string> project_name(const std::string& directory, const World& world);

/// The last part of `top`, or of `directory` for a bare repository (`top` is "").
std::string default_project_name(const std::string& top, const std::string& directory);

}  // namespace melisai
