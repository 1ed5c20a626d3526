#include "core/cli_serve.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "core/cli_options.h"

namespace melisai::cli {
namespace {

constexpr const char* kValidateOption = "--validate-config";

constexpr const char* kValidateFooter =
    "\n`melisai-gate --validate-config [--config F]` is the same.\n"
    "\nWhat a valid file says without effect is printed as a remark.\n"
    "\nExit codes: 0 valid, 2 not valid or not there, 4 it could not be read.";

}  // namespace

std::vector<std::string> without_old_options(std::vector<std::string> arguments) {
  const bool has_subcommand = !arguments.empty() && !arguments.front().starts_with('-');
  const auto option = std::find(arguments.begin(), arguments.end(), kValidateOption);
  if (has_subcommand && arguments.front() != "validate") return arguments;
  if (option == arguments.end()) return arguments;
  arguments.erase(option);
  if (!has_subcommand) arguments.insert(arguments.begin(), "validate");
  return arguments;
}

ServeParser::ServeParser(CLI::App& app) : app_(app) {
  CLI::App& validate = *app_.add_subcommand(
      "validate", "Check a pipeline file or a configuration of the daemon, and say what it holds");
  validate
      .add_option("--config", config_file_,
                  "The file; what it holds tells which kind it is (default .melisai-gate.yaml)")
      ->type_name("F");
  validate.footer(kValidateFooter);
}

Result<std::optional<Invocation>> ServeParser::make() const {
  if (!app_.got_subcommand("validate")) return std::optional<Invocation>();
  const CLI::App& validate = *app_.get_subcommand("validate");
  if (validate.count("--config") > 0 && config_file_.empty()) return usage("--config", "is empty");
  return std::optional<Invocation>(serve::ValidateRequest{.file = config_file_});
}

}  // namespace melisai::cli
