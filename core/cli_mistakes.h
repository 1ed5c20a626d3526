// What a wrong command line is told: what is unknown, what was probably meant, where to read on.
// Private to the command line (cli.h).
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace melisai::cli {

/// The subcommand that the first words of a command line name.
struct Named {
  const CLI::App* command;  ///< the whole program when they name none
  std::string path;         ///< "melisai-gate baseline set"
  std::string mistake;      ///< an unknown command in its place; "" when there is none
};
Named named_by(const std::vector<std::string>& arguments, const CLI::App& app);

/// Of a parsed command line: misspelt options, and words that belong behind one. "" when there is
/// nothing of the kind.
std::string unexpected(const CLI::App& command);

}  // namespace melisai::cli
