#include "core/publish/app_login.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/publish/caller.h"
#include "core/publish/paths.h"
#include "core/publish/rs256.h"

namespace melisai::publish {
namespace {

using nlohmann::json;

constexpr std::int64_t kBack = 60;       // seconds
constexpr std::int64_t kValid = 9 * 60;  // of ten minutes that GitHub allows
constexpr std::size_t kIdBytesMax = 100;
constexpr int kOk = 200;
constexpr int kNothingThere = 404;

bool is_app_id(const std::string& id) {
  return !id.empty() && id.size() <= kIdBytesMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
  });
}

std::string text_in(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}

/// One word, which can be put into a header.
bool is_token(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<std::uint64_t> installation_of(Caller& caller) {
  MELISAI_TRY(const HttpAnswer answer,
              caller.send({.path = path_of(caller.account()) + "/installation"}));
  if (answer.status == kNothingThere)
    return Error{Errc::config, caller.who() + " knows no installation of this app for " +
                                   in_quotes(caller.account().repository) +
                                   "; install it there, or correct the id of the app"};
  if (answer.status != kOk) return caller.refused(answer, "say where the app is installed");
  const json body = json::parse(answer.body, nullptr, false);
  if (!body.is_object() || !body.contains("id") || !body["id"].is_number_unsigned())
    return Error{Errc::parse, caller.who() + " does not say where the app is installed"};
  return body["id"].get<std::uint64_t>();
}

}  // namespace

Result<std::string> app_jwt(const App& app, std::chrono::system_clock::time_point now) {
  if (!is_app_id(app.id))
    return Error{Errc::config, "the id of the app is a number, or letters, digits and dots"};
  const std::int64_t at =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const json header = {{"alg", "RS256"}, {"typ", "JWT"}};
  const json claims = {{"iat", at - kBack}, {"exp", at + kValid}, {"iss", app.id}};
  const std::string text = base64url(header.dump()) + "." + base64url(claims.dump());
  MELISAI_TRY(const std::string signature, rs256(app.private_key, text));
  return text + "." + base64url(signature);
}

Result<InstallationToken> installation_token(const forge::Account& account, const App& app,
                                             const Outside& outside, Milliseconds deadline) {
  if (account.kind != forge::Kind::github ||
      !forge::is_repository(account.kind, account.repository))
    return Error{Errc::config, "apps are of GitHub, and installed for a repository owner/name"};
  forge::Account as_app = account;
  MELISAI_TRY(as_app.token, app_jwt(app, outside.clock.now()));
  Caller caller(as_app, outside, deadline);
  MELISAI_TRY(const std::uint64_t installation, installation_of(caller));
  const std::string name = account.repository.substr(account.repository.find('/') + 1);
  const json wanted = {{"repositories", {name}},
                       {"permissions", {{"checks", "write"}, {"pull_requests", "write"}}}};
  MELISAI_TRY(
      const HttpAnswer answer,
      caller.send({.method = "POST",
                   .path = "/app/installations/" + std::to_string(installation) + "/access_tokens",
                   .body = wanted.dump()}));
  if (!answer.ok())
    return caller.refused(answer, "give the app a token for checks and pull requests");
  const json body = json::parse(answer.body, nullptr, false);
  InstallationToken token{.token = text_in(body, "token"),
                          .expires_at = text_in(body, "expires_at")};
  if (!is_token(token.token))
    return Error{Errc::parse, caller.who() + " answers with no token of an installation"};
  return token;
}

}  // namespace melisai::publish
