#include "core/forge/forge.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/forge/answers.h"
#include "core/forge/names.h"

namespace melisai::forge {
namespace {

using nlohmann::json;

constexpr HttpPatience kPatience{.tries_max = 3, .wait_max = Milliseconds(30'000)};
constexpr Bytes kAnswerMax = 256 << 10;  // a user is some 2 KiB

/// GitLab's Developer: the least role that may push to a branch of the project, and so the least
/// that can make this code run without anybody's label.
constexpr std::uint64_t kDeveloper = 30;

constexpr int kOk = 200;
constexpr int kRedirects = 300;
constexpr int kClientErrors = 400;
constexpr int kNoLogin = 401;
constexpr int kForbidden = 403;
constexpr int kNothingThere = 404;
constexpr int kServerErrors = 500;

/// "GitHub at api.github.com".
std::string who(const Account& account) {
  return std::string(name_of(account.kind)) + " at " + host_in(account.api);
}

std::string_view what_the_token_needs(Kind kind) {
  switch (kind) {
    case Kind::github:
      return "a fine-grained one needs the permission 'Metadata: read', a classic one the scope "
             "'repo', and its owner must be able to push";
    case Kind::gitlab: return "it needs the scope 'read_api', and its owner must be a member";
    case Kind::gitea:
      return "it needs the scope 'read:repository', and its owner must be an administrator of the "
             "repository";
  }
  return "";
}

std::string path_to_repository(const Account& account) {
  return account.kind == Kind::gitlab ? "/projects/" + percent_encoded(account.repository)
                                      : "/repos/" + account.repository;
}

Result<std::string> path_to_role(const Account& account, const User& user) {
  if (!is_repository(account.kind, account.repository))
    return Error{Errc::config, in_quotes(account.repository) + " is no repository of " +
                                   std::string(name_of(account.kind)) +
                                   "; write webhook: { repository: owner/name }"};
  if (account.kind == Kind::gitlab) {
    if (user.id <= 0) return Error{Errc::parse, "GitLab did not say the id of the user"};
    return path_to_repository(account) + "/members/all/" + std::to_string(user.id);
  }
  if (!is_login(user.login))
    return Error{Errc::parse, in_quotes(user.login) + " is no login of " +
                                  std::string(name_of(account.kind)) + ", so nobody is asked"};
  return path_to_repository(account) + "/collaborators/" + percent_encoded(user.login) +
         "/permission";
}

/// " for 60 s", " until 2026-11-21T02:07:41Z" or "".
std::string until_when(const HttpAnswer& answer) {
  constexpr std::int64_t kYear2100 = 4'102'444'800;  // later ones are no times, and might not fit
  const AskAgain again = ask_again(answer);
  if (again.seconds) return " for " + std::to_string(*again.seconds) + " s";
  if (again.epoch && *again.epoch < kYear2100)
    return " until " +
           utc_time(std::chrono::system_clock::time_point(std::chrono::seconds(*again.epoch)));
  return "";
}

Error not_seen(const Account& account) {
  return {Errc::config, who(account) + " does not show " + in_quotes(account.repository) +
                            " to the token of the project's forge: correct webhook.repository, or "
                            "the token; " +
                            std::string(what_the_token_needs(account.kind))};
}

/// What is no answer to the question. 404 is one.
Result<void> check_status(const Account& account, const HttpAnswer& answer) {
  const std::string start = who(account) + " ";
  if (is_asked_too_often(answer))
    return Error{Errc::unavailable, start + "takes no more requests with this token" +
                                        until_when(answer) +
                                        "; ask again later, or use a token that nothing else uses"};
  if (answer.status == kNoLogin)
    return Error{Errc::config, start +
                                   "does not accept the token of the project's forge; it may have "
                                   "expired: make a new one"};
  if (answer.status == kForbidden)
    return Error{Errc::config, start + "refuses the token of the project's forge: " +
                                   std::string(what_the_token_needs(account.kind))};
  if (answer.status >= kServerErrors)
    return Error{Errc::unavailable, start + "is in trouble (status " +
                                        std::to_string(answer.status) + "); ask again later"};
  if (answer.status >= kRedirects && answer.status < kClientErrors)
    return Error{Errc::config, start + "says that " + in_quotes(account.repository) +
                                   " is elsewhere, and nobody is followed: correct "
                                   "webhook.repository when it was renamed, else forge.api"};
  if (answer.status != kOk && answer.status != kNothingThere)
    return Error{Errc::config, start + "gives no answer to this question (status " +
                                   std::to_string(answer.status) +
                                   "); is forge.api the address of its API?"};
  return {};
}

/// One question after the other, to one account.
class Asking {
 public:
  Asking(const Account& account, HttpClient& client, const Interrupt& interrupt,
         const HttpWait& wait)
      : account_(account), client_(client), interrupt_(interrupt), wait_(wait) {}

  /// The status is 200 or 404.
  Result<HttpAnswer> get(const std::string& path) {
    HttpCall call{.url = account_.api + path,
                  .headers = {{"Accept", "application/json"}},
                  .bearer = account_.token,
                  .ca_file = account_.ca_file,
                  .allow_private = account_.allow_private,
                  .timeout = account_.timeout,
                  .answer_max = kAnswerMax};
    if (account_.kind == Kind::github)
      call.headers = {{"Accept", "application/vnd.github+json"},
                      {"X-GitHub-Api-Version", "2022-11-28"}};
    Result<HttpAnswer> answer = send_patiently(client_, call, kPatience, rng_, wait_, interrupt_);
    if (!answer) return explained(answer.error());
    MELISAI_CHECK(check_status(account_, *answer));
    return answer;
  }

 private:
  Error explained(Error error) const {
    error.message = std::string(name_of(account_.kind)) + ": " + error.message;
    if (error.code != Errc::usage) return error;
    // Refused by our own rules, whose words the operator of the daemon knows as keys.
    return {Errc::config, error.message +
                              "; correct forge.api, or write allow_private: true there when its "
                              "server is in a network of yours"};
  }

  const Account& account_;
  HttpClient& client_;
  const Interrupt& interrupt_;
  const HttpWait& wait_;
  SeededRng rng_{fresh_seed()};
};

Error misshapen(const Account& account, const std::string& what) {
  return {Errc::parse,
          who(account) + " answers " + what + "; is forge.api the address of its API?"};
}

std::optional<std::uint64_t> number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

constexpr std::array<std::string_view, 4> kWrites = {"write", "maintain", "admin", "owner"};
constexpr std::array<std::string_view, 3> kWritesNot = {"none", "read", "triage"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Logins differ by more than case.
bool is_same_login(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// {"permission": "write", "role_name": "maintain", "user": {"id": 7, "login": "x"}}, of GitHub
/// and Gitea.
Result<bool> permission_in(const json& answer, const Account& account, const User& user) {
  const std::string permission = text_at(answer, "permission");
  if (is_one_of(permission, kWritesNot)) return false;
  if (!is_one_of(permission, kWrites)) return misshapen(account, "with no permission it knows");
  // A role of an organisation's own has a name of its own, and its permission says what it is.
  if (is_one_of(text_at(answer, "role_name"), kWritesNot)) return false;
  const auto owner = answer.find("user");
  if (owner == answer.end() || !owner->is_object())
    return misshapen(account, "without saying whose permission that is");
  if (user.id <= 0) return is_same_login(text_at(*owner, "login"), user.login);
  const auto id = number_at(*owner, "id");
  if (!id) return misshapen(account, "without saying whose permission that is");
  return *id == static_cast<std::uint64_t>(user.id);
}

/// {"id": 7, "access_level": 30, "state": "active", "membership_state": "active"}, of GitLab.
Result<bool> membership_in(const json& answer, const Account& account, const User& user) {
  const auto id = number_at(answer, "id");
  const auto level = number_at(answer, "access_level");
  const std::string state = text_at(answer, "state");
  if (!id || !level || state.empty()) return misshapen(account, "with no member");
  if (*id != static_cast<std::uint64_t>(user.id))
    return misshapen(account, "with another member than was asked for");
  const bool is_member =
      !answer.contains("membership_state") || text_at(answer, "membership_state") == "active";
  return state == "active" && is_member && *level >= kDeveloper;
}

}  // namespace

std::optional<Account> account_of(const WatchedProject& project) {
  if (!project.forge) return std::nullopt;
  return Account{.kind = project.forge->kind,
                 .api = project.forge->api,
                 .token = project.forge->token,
                 .repository = project.webhook.repository,
                 .ca_file = project.forge->ca_file,
                 .allow_private = project.forge->allow_private,
                 .timeout = project.forge->timeout};
}

Result<bool> may_write(const Account& account, const User& user, HttpClient& client,
                       const Interrupt& interrupt, const HttpWait& wait) {
  MELISAI_TRY(const std::string path, path_to_role(account, user));
  Asking asking(account, client, interrupt, wait);
  MELISAI_TRY(const HttpAnswer answer, asking.get(path));
  if (answer.status == kNothingThere) {
    // Nobody of that name, or a token that may not see the repository: forges say the same.
    MELISAI_TRY(const HttpAnswer repository, asking.get(path_to_repository(account)));
    if (repository.status == kNothingThere) return not_seen(account);
    return false;
  }
  const json body = json::parse(answer.body, nullptr, false);
  if (!body.is_object()) return misshapen(account, "with something that is no JSON object");
  return account.kind == Kind::gitlab ? membership_in(body, account, user)
                                      : permission_in(body, account, user);
}

}  // namespace melisai::forge
