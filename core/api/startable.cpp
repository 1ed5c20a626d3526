#include "core/api/startable.h"

#include <algorithm>

#include "core/base/config.h"
#include "core/base/text.h"
#include "core/run/run.h"

namespace melisai::api {
namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const std::vector<ServePipeline>& configured_pipelines(const ServeConfig& config,
                                                       const WatchedProject& project) {
  return project.pipelines.empty() ? config.pipelines : project.pipelines;
}

Result<void> check_startable(const ServeConfig& config, const WatchedProject& project,
                             const std::string& pipeline,
                             const std::vector<std::string>& workflows) {
  std::vector<std::string> known;
  for (const ServePipeline& each : configured_pipelines(config, project))
    known.push_back(each.spec.name);
  const bool is_configured = !known.empty();
  known.insert(known.end(), workflows.begin(), workflows.end());
  if (has(known, pipeline)) return {};
  if (is_configured)
    return Error{Errc::not_found, project.name + " has no pipeline " + in_quotes(pipeline) +
                                      suggestion(pipeline, known, "there are")};
  if (run::is_valid_name(pipeline)) return {};
  return Error{Errc::usage, in_quotes(pipeline) +
                                " cannot be the name of a pipeline; use 1 to 100 letters, digits, "
                                "'_', '.', '+' or '-', not starting with '-'"};
}

Result<void> check_params(const ServeConfig& config, const WatchedProject& project,
                          const std::string& pipeline,
                          const std::map<std::string, std::string>& params) {
  const std::vector<ServePipeline>& all = configured_pipelines(config, project);
  const bool declares = std::any_of(all.begin(), all.end(), [&](const ServePipeline& each) {
    return each.spec.name == pipeline && !each.params.empty();
  });
  if (!declares) return {};
  std::vector<std::string> known;
  for (const ServePipeline& each : all)
    for (const auto& [name, value] : each.params)
      if (!has(known, name)) known.push_back(name);
  for (const auto& [name, value] : params)
    if (!has(known, name))
      return Error{Errc::usage, "pipeline " + in_quotes(pipeline) + " has no param " +
                                    in_quotes(name) + suggestion(name, known, "there are")};
  return {};
}

}  // namespace melisai::api
