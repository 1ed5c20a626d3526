// The subcommands around the daemon: validate. Private to the command line (cli.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/cli.h"

namespace CLI {
class App;
}

namespace melisai::cli {

/// The options of source document 004 (`--validate-config`) as the subcommands that they stand for.
std::vector<std::string> without_old_options(std::vector<std::string> arguments);

class ServeParser {
 public:
  explicit ServeParser(CLI::App& app);
  /// The subcommand that was given, or nothing when it is none of these.
  Result<std::optional<Invocation>> make() const;

 private:
  CLI::App& app_;
  std::string config_file_;
};

}  // namespace melisai::cli
