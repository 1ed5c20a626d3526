// The value of a benchmark's `format`: a name, or a layout of the team's own. Part of project_file.
#pragma once

#include "core/base/config.h"
#include "core/run/project_file.h"

namespace melisai::run {

/// What is wrong becomes an error at `format`.
FormatSpec read_format(ConfigMap& benchmark, ConfigErrors& errors, const FormatProblem& problem);

}  // namespace melisai::run
