#include "core/cli_token.h"

#include <CLI/CLI.hpp>

#include "core/base/text.h"
#include "core/cli_options.h"

namespace melisai::cli {
namespace {

constexpr const char* kFooter =
    "\nThe daemon notices a change at once. It keeps hashes only: a token is shown when it is "
    "made,\nand never again.\n"
    "\nExit codes: 0 done, 2 usage, or there is no such token, 4 the file of tokens could not be "
    "read\nor written, or may be read by others.";

}  // namespace

TokenParser::TokenParser(CLI::App& app) : app_(app) {
  CLI::App& token = *app_.add_subcommand("token", "Who may ask the daemon over HTTP for what");
  token.require_subcommand(1);
  token.footer(kFooter);  // its own commands take it over
  CLI::App& create = *token.add_subcommand("create", "Make a token and print it, once");
  create.add_option("NAME", name_, "Whom or what it is for")->required();
  create
      .add_option("--scope", scope_,
                  "read: look at everything; trigger: start and end runs, too; admin: everything")
      ->type_name("read|trigger|admin")
      ->required();
  CLI::App& list = *token.add_subcommand("list", "All of them, without what they are");
  CLI::App& revoke = *token.add_subcommand("revoke", "End a token");
  revoke.add_option("ID", id_, "As `token list` shows it")->required();
  for (CLI::App* const each : {&create, &list}) each->add_flag("--json", json_, "Print JSON");
  for (CLI::App* const each : {&create, &list, &revoke}) add_state_dir_option(*each, state_dir_);
}

Result<std::optional<Invocation>> TokenParser::make(const EnvLookup& env) const {
  if (!app_.got_subcommand("token")) return std::optional<Invocation>();
  const CLI::App& token = *app_.get_subcommand("token");
  api::TokenRequest request{.state_dir = "",
                            .what = api::TokenRequest::What::list,
                            .wanted = {.name = name_},
                            .id = id_,
                            .json = json_};
  MELISAI_TRY(request.state_dir, state_directory(state_dir_, env));
  if (token.got_subcommand("revoke")) request.what = api::TokenRequest::What::revoke;
  if (token.got_subcommand("create")) {
    request.what = api::TokenRequest::What::create;
    const std::optional<api::Scope> scope = api::scope_named(scope_);
    if (!scope) return usage("--scope", in_quotes(scope_) + " is not read, trigger or admin");
    request.wanted.scope = *scope;
  }
  return std::optional<Invocation>(std::move(request));
}

}  // namespace melisai::cli
