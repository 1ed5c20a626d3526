#include "core/serve/pipeline_file.h"

#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"
#include "core/run/run.h"

namespace melisai::serve {

Result<Project> read_pipeline_file(const std::string& text, const std::string& name,
                                   const ServeConfig& config, const EnvLookup& env) {
  const EnvLookup public_env = [&](const std::string& variable) {
    return config.secrets.contains(variable) ? std::nullopt : env(variable);
  };
  return run::parse_project(text, name, public_env, {formats::problem_of, gate::anomaly_problem},
                            config.orchestrator.timeouts);
}

Result<Project> read_pipeline_file_of_strangers(const std::string& text, const std::string& name,
                                                const ServeConfig& config, const EnvLookup& env) {
  const EnvLookup nothing = [](const std::string&) { return std::nullopt; };
  Result<Project> project = read_pipeline_file(text, name, config, nothing);
  if (project || !read_pipeline_file(text, name, config, env)) return project;
  return Error{project.error().code, project.error().message +
                                         "; what nobody has vouched for sees no variable of the "
                                         "daemon"};
}

}  // namespace melisai::serve
