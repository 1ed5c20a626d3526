// The subcommands for results that others measured: compare, parse, formats. Private to the command
// line (cli.h).
#pragma once

#include <optional>
#include <string>

#include "core/cli.h"
#include "core/cli_options.h"

namespace CLI {
class App;
}

namespace melisai::cli {

class FormatsParser {
 public:
  explicit FormatsParser(CLI::App& app);
  /// The subcommand that was given, or nothing when it is none of these. Errors: usage.
  Result<std::optional<Invocation>> make() const;

 private:
  void add_compare();
  void add_parse();
  void add_formats();
  Result<Invocation> compare() const;
  Result<Invocation> parse() const;
  Result<FormatSpec> format() const;
  std::string benchmark_option() const;

  CLI::App& app_;
  Typed typed_;
  std::string file_, base_, head_, only_, noise_floor_, format_ = "auto";
};

}  // namespace melisai::cli
