// `melisai-gate publish`: puts a report where people meet it. Private to the command line (cli.h).
#pragma once

#include <optional>
#include <string>

#include "core/cli.h"

namespace CLI {
class App;
}

namespace melisai::cli {

class PublishParser {
 public:
  explicit PublishParser(CLI::App& app);
  /// Nothing when it is another subcommand.
  Result<std::optional<Invocation>> make() const;

 private:
  CLI::App& app_;
  publish::Request request_;
  std::string from_, forge_, number_, fail_on_, deadline_, token_file_, app_key_file_, ca_file_;
};

}  // namespace melisai::cli
