// The subcommand `init`. Private to the command line (cli.h).
#pragma once

#include <optional>
#include <string>

#include "core/cli.h"

namespace CLI {
class App;
}

namespace melisai::cli {

class InitParser {
 public:
  explicit InitParser(CLI::App& app);
  /// Nothing when it is another subcommand. Errors: usage.
  Result<std::optional<Invocation>> make() const;

 private:
  CLI::App& app_;
  std::string directory_ = ".", ci_, action_;
  bool force_ = false;
};

}  // namespace melisai::cli
