// What was seen as a pipeline file and as workflows. Pure. Private to core/init.
#pragma once

#include <string>

#include "core/init/init.h"
#include "core/init/systems.h"

namespace melisai::init {

/// .melisai-gate.yaml
std::string pipeline_file(std::string_view system, const Seen& seen);

/// .github/workflows/melisai-gate.yml: ci/github/pull-request.yml with the packages and the action.
std::string github_workflow(const Seen& seen, const std::string& action);
/// ci/gitlab/merge-request.yml likewise.
std::string gitlab_jobs(const Seen& seen);

/// `text` as a scalar of YAML; quoted where it must be.
std::string yaml_scalar(std::string_view text);

}  // namespace melisai::init
