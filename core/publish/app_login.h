// Login as a GitHub App: a token for one repository, for an hour, against the app's private key.
// Only such tokens make check runs outside of Actions. Part of publish.
#pragma once

#include <chrono>
#include <string>

#include "core/publish/publish.h"

namespace melisai::publish {

struct App {
  std::string id;           ///< number, or the client id that GitHub recommends
  std::string private_key;  ///< PEM, RSA; in no message
};

/// A JSON Web Token that says who asks, for ten minutes (RFC 7519, RS256). Its start lies a minute
/// back, for clocks that are not quite right. Errors: config for a key that is none.
Result<std::string> app_jwt(const App& app, std::chrono::system_clock::time_point now);

struct InstallationToken {
  std::string token;
  std::string expires_at;  ///< RFC 3339, as GitHub says it
};

/// Of the app where it is installed for the repository of `account`, whose own token is not used.
/// May comment and make check runs and statuses there, and nothing else. Errors: as publish().
Result<InstallationToken> installation_token(const forge::Account& account, const App& app,
                                             const Outside& outside,
                                             Milliseconds deadline = kDeadline);

}  // namespace melisai::publish
