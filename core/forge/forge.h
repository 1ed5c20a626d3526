// Forge: what the API of GitHub, GitLab or Gitea is asked. Only this: may somebody push to a
// repository now? A pull request's label is only as good as who set it. Blocks; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/http_client.h"
#include "core/base/interrupt.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/model/serve_config.h"

namespace melisai::forge {

using Kind = ForgeKind;

/// Who asks whom about what.
struct Account {
  Kind kind = Kind::github;
  std::string api;         ///< "https://api.github.com": without '/' at its end
  std::string token;       ///< sent to `api` alone; in no message
  std::string repository;  ///< "owner/name", of GitLab also "group/subgroup/name"
  std::string ca_file{};   ///< as of HttpCall
  bool allow_private = false;
  Milliseconds timeout{10'000};  ///< of one request
};

/// Nothing when its configuration says no `forge`.
std::optional<Account> account_of(const WatchedProject& project);

/// Both as a delivery of the forge said them.
struct User {
  std::int64_t id = 0;  ///< 0: not known; GitLab is asked by it
  std::string login;    ///< GitHub and Gitea are asked by it
};

/// Whether the user has a role that lets them push to the repository, this moment. False also for
/// a login that is somebody else's by now. One question, a second one when there is no such member;
/// each is asked three times at most, with waits of 30 s at most together.
///
/// Errors, none of which means yes or no: config for what the operator has to change: a token that
/// is not accepted or may not ask, a repository that it does not see, an address that answers with
/// something else or is refused; unavailable, io and timeout when asking later may help; parse for
/// a user that nobody can be, and for an answer of the wrong shape; limit for a huge one;
/// interrupted. Messages say what to do.
Result<bool> may_write(const Account& account, const User& user, HttpClient& client,
                       const Interrupt& interrupt, const HttpWait& wait = wait_for_real);

/// Whether a forge of this kind could call a repository that. Everything else is never asked about.
bool is_repository(Kind kind, std::string_view name);

}  // namespace melisai::forge
