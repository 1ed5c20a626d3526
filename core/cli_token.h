// `melisai-gate token`: who may ask the daemon over HTTP for what. Private to the command line
// (cli.h).
#pragma once

#include <optional>
#include <string>

#include "core/cli.h"

namespace CLI {
class App;
}

namespace melisai::cli {

class TokenParser {
 public:
  explicit TokenParser(CLI::App& app);
  /// Nothing when it is another subcommand.
  Result<std::optional<Invocation>> make(const EnvLookup& env) const;

 private:
  CLI::App& app_;
  std::string state_dir_, name_, scope_, id_;
  bool json_ = false;
};

}  // namespace melisai::cli
