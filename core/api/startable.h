// Startable: what can be started by hand, and with which parameters, as the configuration says it.
// Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/serve_config.h"

namespace melisai::api {

/// Those that the operator configured for the project; empty: its commits say which there are.
const std::vector<ServePipeline>& configured_pipelines(const ServeConfig& config,
                                                       const WatchedProject& project);

/// `workflows`: names of those that are in force for the project. Where nothing is configured every
/// valid name may be one, and the commit says later whether it is: only what can be a name goes
/// into the queue, the log and the metrics. Errors: usage; not_found, naming what there is.
Result<void> check_startable(const ServeConfig& config, const WatchedProject& project,
                             const std::string& pipeline,
                             const std::vector<std::string>& workflows);

/// Of a pipeline whose configuration declares params: those of its own and of the project's other
/// pipelines, which may come after it, and no others. All other pipelines take any. Errors: usage.
Result<void> check_params(const ServeConfig& config, const WatchedProject& project,
                          const std::string& pipeline,
                          const std::map<std::string, std::string>& params);

}  // namespace melisai::api
