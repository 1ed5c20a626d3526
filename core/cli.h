// The command line: argv -> Invocation. CLI11 stays behind cli.cpp.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/api/tokens.h"
#include "core/bisect.h"
#include "core/compare_files.h"
#include "core/display.h"
#include "core/history.h"
#include "core/host/host.h"
#include "core/host/mcp.h"
#include "core/init/init.h"
#include "core/orchestrator.h"
#include "core/parse_file.h"
#include "core/publish/trusted.h"
#include "core/records.h"
#include "core/replay.h"
#include "core/selftest.h"
#include "core/serve/commands.h"
#include "core/serve/validate.h"
#include "core/serve/work.h"

namespace melisai {

struct CheckCommand {
  CheckRequest request;
  Display display;
};

struct AbCommand {
  AbRequest request;
  Display display;
};

struct CompareCommand {
  CompareRequest request;
  std::string benchmark_option;  ///< one that two host reports cannot be compared with; "" for none
  Display display;
};

struct BisectCommand {
  BisectRequest request;
  Display display;
};

/// Lists the collectors.
struct PluginsCommand {
  std::vector<std::string> plugin_dirs;  ///< absolute, besides those of the installation
  bool json = false;
};

/// Says what works on this machine.
struct DoctorCommand {
  std::vector<std::string> plugin_dirs;  ///< as of PluginsCommand
  bool json = false;
  bool fix_commands = false;  ///< the commands alone
};

/// Reads or tends what is stored.
struct RecordsCommand {
  std::string state_dir;  ///< absolute
  Milliseconds lock_wait{0};
  std::string directory;  ///< absolute; names the project where the request does not
  RecordsRequest request;
};

/// The daemon.
struct ServeCommand {
  std::string config_file;  ///< absolute
  std::string state_dir;    ///< absolute
  bool daemon = false;      ///< in the background
};

/// What selftest measures; the rest of its command line.
struct WorkloadCommand {
  std::vector<std::string> arguments;
};

/// Nothing to run: text for stdout (help, version) or stderr (a wrong command line), and the exit
/// code.
struct Answer {
  std::string text;
  int exit_code = 0;
};

using Invocation =
    std::variant<CheckCommand, AbCommand, CompareCommand, BisectCommand, ReplayRequest,
                 SelftestRequest, HistoryRequest, ParseRequest, FormatsRequest, WorkloadCommand,
                 PluginsCommand, DoctorCommand, RecordsCommand, host::CollectCommand,
                 host::McpCommand, serve::ValidateRequest, ServeCommand, serve::ControlRequest,
                 serve::LogsRequest, serve::WorkRequest, api::TokenRequest, init::InitRequest,
                 publish::Request, Answer>;

/// `arguments` without the program's name. `env` gives XDG_STATE_HOME and HOME for the default of
/// --state-dir.
Invocation parse_command_line(const std::vector<std::string>& arguments, const EnvLookup& env);

}  // namespace melisai
