// The subcommands around the gate: replay, selftest, history, bisect. Private to the command line
// (cli.h).
#pragma once

#include <optional>
#include <string>

#include "core/cli.h"
#include "core/cli_options.h"

namespace CLI {
class App;
}

namespace melisai::cli {

class ToolsParser {
 public:
  explicit ToolsParser(CLI::App& app);
  /// The subcommand that was given, or nothing when it is none of these. Errors: usage.
  Result<std::optional<Invocation>> make(const EnvLookup& env) const;

 private:
  void add_replay();
  void add_selftest();
  void add_history();
  void add_bisect();
  Result<Invocation> replay() const;
  Result<Invocation> selftest() const;
  Result<Invocation> history(const EnvLookup& env) const;
  Result<Invocation> bisect(const EnvLookup& env) const;

  CLI::App& app_;
  Typed typed_;
  std::string file_, benchmark_, metric_, branch_, project_;
  std::string good_, bad_ = "HEAD", config_file_, only_;
  run::CommandLinePipelines commands_;
  bool independent_ = false;
  bool quick_ = false;
  bool dry_run_ = false;
};

}  // namespace melisai::cli
