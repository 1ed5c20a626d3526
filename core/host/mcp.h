// `mcp`: what this host looks like and what stored runs found, for AI assistants. A server of the
// Model Context Protocol on standard input and output; one thread, one client.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/world.h"

namespace melisai::host {

struct McpCommand {
  std::string state_dir;                 ///< absolute; of the runs that explain_run reads
  std::vector<std::string> plugin_dirs;  ///< absolute, besides those of the installation
};

/// Serves until standard input ends, the client is gone or a signal asks to end; a tool that works
/// then is ended early. Standard output carries nothing but messages. Exit code 0. Errors: io when
/// the streams cannot be used.
Result<int> serve(const McpCommand& command, World& world);

}  // namespace melisai::host
