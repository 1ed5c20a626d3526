#include "core/cli_publish.h"

#include <CLI/CLI.hpp>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/cli_options.h"

namespace melisai::cli {
namespace {

constexpr const char* kPublishFooter =
    "\nNothing of DIR is believed but the numbers in report.json: who wrote it may have run the "
    "code of\na pull request. Which commit and pull request it is about says the CI system "
    "(GITHUB_EVENT_PATH,\nCI_MERGE_REQUEST_IID), or you. The token is read from "
    "MELISAI_GATE_TOKEN, else GITHUB_TOKEN,\nGITLAB_TOKEN or GITEA_TOKEN, or from --token-file; "
    "never from the command line.\n"
    "\nExit codes: 0 published, whatever the verdict, 2 usage, or somebody has to change something "
    "(the\ntoken, the artifact), 4 it may work later.";
constexpr std::uint64_t kPublishNumberMax = 999'999'999'999u;

Result<std::optional<forge::Kind>> forge_named(const std::string& name) {
  if (name.empty()) return std::optional<forge::Kind>();
  if (name == "github") return std::optional(forge::Kind::github);
  if (name == "gitlab") return std::optional(forge::Kind::gitlab);
  if (name == "gitea") return std::optional(forge::Kind::gitea);
  return usage("--forge", in_quotes(name) + " is not github, gitlab or gitea");
}

Result<FailOn> fail_on_named(const std::string& name) {
  if (name.empty() || name == "regression") return FailOn::regression;
  if (name == "inconclusive") return FailOn::inconclusive;
  if (name == "never") return FailOn::never;
  return usage("--fail-on", in_quotes(name) + " is not regression, inconclusive or never");
}

}  // namespace

PublishParser::PublishParser(CLI::App& app) : app_(app) {
  CLI::App& publish = *app_.add_subcommand(
      "publish", "Put a report where people meet it: pull request comment, check, commit status");
  const auto add = [&](const char* name, std::string& to, const char* what, const char* type) {
    return publish.add_option(name, to, what)->type_name(type);
  };
  add("--from", from_, "The directory with report.json", "DIR")->required();
  add("--forge", forge_, "Where to (default: what the CI system is, else github)",
      "github|gitlab|gitea");
  add("--repository", request_.repository, "owner/name there (default: of the CI system)", "R");
  add("--pr", number_, "Pull or merge request (default: of the CI system)", "N");
  add("--sha", request_.sha, "Commit that was judged (default: of the CI system)", "SHA");
  add("--api", request_.api, "Address of the API (default: of the CI system, or the forge's)",
      "URL");
  add("--token-file", token_file_, "File that holds the token", "F");
  add("--app", request_.app_id, "Log in as this GitHub App instead of with a token", "ID");
  add("--app-key", app_key_file_, "Its private key, PEM", "F");
  add("--ca-file", ca_file_, "Whom to trust instead of the system's authorities", "F");
  add("--context", request_.context,
      "Tells several comments on one pull request apart (default: default)", "NAME");
  add("--details-url", request_.details_url, "Where all of it can be seen", "URL");
  add("--fail-on", fail_on_, "What makes the check fail (default regression)",
      "regression|inconclusive|never");
  add("--deadline", deadline_, "For everything together (default 2m)", "TIME");
  publish.add_flag("--allow-private", request_.allow_private,
                   "The forge is on this machine or in a network that is not public");
  publish.add_flag("--dry-run", request_.dry_run, "Print what would be published, and ask nobody");
  publish.footer(kPublishFooter);
}

Result<std::optional<Invocation>> PublishParser::make() const {
  if (!app_.got_subcommand("publish")) return std::optional<Invocation>();
  publish::Request request = request_;
  request.from = absolute(from_);
  if (!token_file_.empty()) request.token_file = absolute(token_file_);
  if (request_.app_id.empty() != app_key_file_.empty())
    return usage("--app", "and --app-key belong together");
  if (!app_key_file_.empty()) request.app_key_file = absolute(app_key_file_);
  if (!ca_file_.empty()) request.ca_file = absolute(ca_file_);
  MELISAI_TRY(request.forge, forge_named(forge_));
  MELISAI_TRY(request.fail_on, fail_on_named(fail_on_));
  MELISAI_TRY(const std::optional<std::uint64_t> pull_request,
              number("--pr", number_, 1, kPublishNumberMax));
  if (pull_request) request.pull_request = static_cast<std::int64_t>(*pull_request);
  if (!report::is_context_name(request.context))
    return usage("--context", "is at most 60 letters, digits and . _ -, without --");
  if (!deadline_.empty()) {
    const Result<Milliseconds> deadline = parse_duration(deadline_);
    if (!deadline || *deadline <= Milliseconds(0))
      return usage("--deadline", in_quotes(deadline_) + " is no duration such as 2m");
    request.deadline = *deadline;
  }
  return std::optional<Invocation>(std::move(request));
}

}  // namespace melisai::cli
