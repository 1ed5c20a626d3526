// `melisai-gate publish`: the side that has a token and runs no code of a pull request. What it
// reads was written by the side that did, and is hostile.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/config.h"
#include "core/publish/publish.h"

namespace melisai::publish {

struct Request {
  std::string from;  ///< absolute; only report.json in it is read
  std::optional<forge::Kind> forge{};
  std::string repository{};  ///< "": what the CI system says
  std::string sha{};         ///< likewise
  std::optional<std::int64_t> pull_request{};
  std::string api{};           ///< "": of the CI system, or the forge's own
  std::string token_file{};    ///< absolute; "": environment
  std::string app_id{};        ///< of a GitHub App; "": a token
  std::string app_key_file{};  ///< absolute
  std::string ca_file{};
  bool allow_private = false;
  std::string context = "default";
  std::string details_url{};
  FailOn fail_on = FailOn::regression;
  Milliseconds deadline = kDeadline;
  bool dry_run = false;
};

/// Where a CI system says that it is. Pure but for the file of the event.
struct Where {
  forge::Kind kind = forge::Kind::github;
  std::string api;
  std::string repository;
  Place place;
  std::string merge_sha;  ///< of a pull request's merge with its base, where that is built; or ""
  std::string details_url;
  /// Whether another run measured it, that of a pull request: its report is a stranger's file.
  bool is_of_another_run = false;
};
/// Errors: usage for what nobody says; config for an event that cannot be read.
Result<Where> where(const Request& request, const EnvLookup& env);

/// What `directory` holds. Errors: not_found; io for a link and whatever is no file; limit; parse,
/// also for a report that contradicts itself.
Result<Report> read_artifact(const std::string& directory);
/// Whether it is about that commit, as far as it says. Errors: config.
Result<void> check_commit(const Report& report, const Where& where);

/// Of --token-file, else of the environment. Errors: not_found, with the names that are looked for;
/// usage for what is no token.
Result<std::string> token_of(const Request& request, forge::Kind kind, const EnvLookup& env);

struct Command {
  EnvLookup env;
  std::function<Result<std::unique_ptr<HttpClient>>()> open_web;
  const Clock& clock;
  const Interrupt& interrupt;
  std::function<bool(std::string_view)> print;
  std::function<void(const std::string&)> complain;
};
/// The exit code: 0 published, whatever the verdict; 2 somebody has to change something; 4 it may
/// work later. Errors: of what came before the first request.
Result<int> run(const Request& request, const Command& command);

}  // namespace melisai::publish
