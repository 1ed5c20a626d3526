// The tools that the MCP server offers, as a table. Private to core/host.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/host/host.h"
#include "core/host/mcp_server.h"
#include "core/store/store.h"

namespace melisai::host {

/// What tools reach beyond their arguments.
struct ToolWorld {
  std::function<Result<HostReport>(const CollectRequest&)> collect;
  std::vector<std::string> plugin_dirs;  ///< absolute
  std::string state_dir;                 ///< absolute
};

/// get_health, collect_metrics, explain_anomaly, list_anomalies, explain_run. `world` is copied.
std::vector<Tool> make_tools(const ToolWorld& world);

/// A stored run: the text of `show`, and verdict, regressions, health and advice as JSON.
ToolAnswer explain(const store::Run& run);
/// `run`: its number or "last". Errors: usage, not_found, unavailable, io.
Result<ToolAnswer> explain_run(const std::string& run, const std::string& state_dir);

}  // namespace melisai::host
