#include "core/cli_init.h"

#include <CLI/CLI.hpp>

#include "core/base/text.h"
#include "core/cli_options.h"

namespace melisai::cli {
namespace {

constexpr const char* kInitFooter =
    "\nKnows CMake, Cargo, Go, Maven, Gradle, npm, Python and Make by their files, and runs "
    "nothing.\nBenchmarks that it is sure of are measured, others become comments.\n"
    "\nExit codes: 0 written, 2 usage, a file is there already, or no build system is seen, 4 "
    "writing\nfailed.";

/// "OWNER/REPOSITORY@REF": goes into a file that GitHub runs.
bool is_action(const std::string& text) {
  const std::size_t at = text.find('@');
  const std::size_t slash = text.find('/');
  constexpr const char* kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/@";
  return slash != std::string::npos && slash > 0 && at != std::string::npos && slash + 1 < at &&
         at + 1 < text.size() && text.find('@', at + 1) == std::string::npos &&
         text.find_first_not_of(kAllowed) == std::string::npos;
}

}  // namespace

InitParser::InitParser(CLI::App& app) : app_(app) {
  CLI::App& init = *app_.add_subcommand(
      "init",
      "Write a .melisai-gate.yaml, and a workflow for a CI, for the build system seen here");
  init.add_option("-C", directory_, "Root of the repository (default: the current directory)")
      ->type_name("DIR");
  init.add_option("--ci", ci_, "Also write a workflow for it")->type_name("github|gitlab");
  init.add_option("--action", action_,
                  "Where the action of melisai-gate is, for --ci github; by the full sha of a "
                  "commit (default: a placeholder)")
      ->type_name("OWNER/REPOSITORY@SHA");
  init.add_flag("--force", force_, "Replace files that are there");
  init.footer(kInitFooter);
}

Result<std::optional<Invocation>> InitParser::make() const {
  if (!app_.got_subcommand("init")) return std::optional<Invocation>();
  init::InitRequest request{.directory = absolute(directory_), .action = action_, .force = force_};
  if (ci_ == "github")
    request.ci = init::Ci::github;
  else if (ci_ == "gitlab")
    request.ci = init::Ci::gitlab;
  else if (!ci_.empty())
    return usage("--ci", in_quotes(ci_) + " is not github or gitlab");
  if (!action_.empty() && request.ci != init::Ci::github)
    return usage("--action", "goes with --ci github");
  if (!action_.empty() && !is_action(action_))
    return usage("--action", in_quotes(action_) + " is not OWNER/REPOSITORY@SHA");
  return std::optional<Invocation>(std::move(request));
}

}  // namespace melisai::cli
