#include "core/serve/pipeline_file.h"

#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"
#include "core/run/run.h"

namespace melisai::serve {

Result<Project> read_pipeline_file(const std::string& text, const std::string& name,
                                   const ServeConfig& config, const EnvLookup& env) {
  return run::parse_project(text, name, env, {formats::problem_of, gate::anomaly_problem},
                            config.orchestrator.timeouts);
}

}  // namespace melisai::serve
