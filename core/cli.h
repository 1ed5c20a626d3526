// The command line: argv -> Invocation. CLI11 stays behind cli.cpp.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/orchestrator.h"

namespace melisai {

/// How results are shown; common to all commands that compare.
struct Display {
  bool json = false;   ///< report.json on stdout instead of the table
  bool quiet = false;  ///< no progress, only the verdict
};

struct CheckCommand {
  CheckRequest request;
  Display display;
};

struct AbCommand {
  AbRequest request;
  Display display;
};

/// Nothing to run: text for stdout (help, version) or stderr (a wrong command line), and the exit
/// code.
struct Answer {
  std::string text;
  int exit_code = 0;
};

using Invocation = std::variant<CheckCommand, AbCommand, Answer>;

/// `arguments` without the program's name. `env` gives XDG_STATE_HOME and HOME for the default of
/// --state-dir.
Invocation parse_command_line(const std::vector<std::string>& arguments, const EnvLookup& env);

}  // namespace melisai
