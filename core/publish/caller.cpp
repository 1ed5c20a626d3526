#include "core/publish/caller.h"

#include <algorithm>
#include <chrono>

#include "core/base/text.h"
#include "core/forge/answers.h"

namespace melisai::publish {
namespace {

constexpr int kTriesMax = 5;
constexpr Milliseconds kFirstWait{500};
constexpr Milliseconds kLimitWait{60'000};  // GitHub asks for a minute where it names no time
constexpr Bytes kAnswerMax = 32 << 20;      // a page of comments whose every character is escaped

constexpr int kNoLogin = 401;
constexpr int kForbidden = 403;
constexpr int kNothingThere = 404;
constexpr int kGone = 410;
constexpr int kUnprocessable = 422;
constexpr int kServerErrors = 500;
constexpr int kUnavailable = 503;

/// How long the forge wants to be left alone; nothing when it does not say.
std::optional<Milliseconds> asked_for(const HttpAnswer& answer, const Clock& clock) {
  constexpr std::int64_t kDay = 86'400;
  const forge::AskAgain again = forge::ask_again(answer);
  if (again.seconds) return Milliseconds(1'000 * std::min(*again.seconds, kDay));
  if (!again.epoch) return std::nullopt;
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch()).count();
  return Milliseconds(1'000 * std::clamp<std::int64_t>(*again.epoch - now + 1, 1, kDay));
}

std::string what_the_token_needs(forge::Kind kind) {
  switch (kind) {
    case forge::Kind::github:
      return "it needs 'pull-requests: write' for comments, 'checks: write' or 'statuses: write' "
             "for the verdict; pull requests of forks get a token that may only read, so let a "
             "workflow_run job publish (ci/github)";
    case forge::Kind::gitlab: return "it needs the scope 'api' and the role Developer";
    case forge::Kind::gitea: return "it needs 'write:issue', 'write:repository' and 'read:user'";
  }
  return "";
}

}  // namespace

Caller::Caller(const forge::Account& account, const Outside& outside, Milliseconds deadline)
    : account_(account),
      outside_(outside),
      end_(outside.clock.monotonic() + deadline),
      deadline_(deadline) {}

std::string Caller::who() const {
  return std::string(forge::name_of(account_.kind)) + " at " + host_in(account_.api);
}

Milliseconds Caller::left() const {
  return std::chrono::duration_cast<Milliseconds>(end_ - outside_.clock.monotonic());
}

Error Caller::explained(Error error) const {
  error.message = std::string(forge::name_of(account_.kind)) + ": " + error.message;
  // Refused by our own rules.
  if (error.code == Errc::usage) error.code = Errc::config;
  return error;
}

Result<HttpAnswer> Caller::once(const Ask& ask, Milliseconds left) {
  HttpCall call{.method = ask.method,
                .url = account_.api + ask.path,
                .headers = {{"Accept", "application/json"}},
                .bearer = account_.token,
                .body = ask.body,
                .ca_file = account_.ca_file,
                .allow_private = account_.allow_private,
                .timeout = std::min(account_.timeout, left),
                .answer_max = kAnswerMax};
  if (account_.kind == forge::Kind::github)
    call.headers = {{"Accept", "application/vnd.github+json"},
                    {"X-GitHub-Api-Version", "2022-11-28"}};
  if (!ask.body.empty()) call.headers.push_back({"Content-Type", "application/json"});
  return outside_.client.send(call, outside_.interrupt);
}

Result<std::optional<Milliseconds>> Caller::patience(const Ask& ask,
                                                     const Result<HttpAnswer>& answer, int tries) {
  const Milliseconds backoff = kFirstWait * (1 << (tries - 1));
  const auto spread = Milliseconds(
      static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(backoff.count()) / 2 + 1)));
  const Milliseconds again = backoff + spread;
  const bool may_repeat = ask.twice == Ask::Twice::harmless;
  if (!answer) {
    const Errc code = answer.error().code;
    const bool is_unsure = code == Errc::io || code == Errc::timeout;
    if (code == Errc::unavailable || (is_unsure && may_repeat)) return std::optional(again);
    Error error = explained(answer.error());
    if (is_unsure) error.code = Errc::io;
    return error;
  }
  if (forge::is_asked_too_often(*answer))
    return std::optional(asked_for(*answer, outside_.clock).value_or(kLimitWait));
  if (answer->status == kUnavailable)
    return std::optional(std::max(again, asked_for(*answer, outside_.clock).value_or(again)));
  if (answer->status < kServerErrors) return std::optional<Milliseconds>();
  if (may_repeat) return std::optional(again);
  return Error{Errc::io, who() + " is in trouble (status " + std::to_string(answer->status) + ")"};
}

Result<HttpAnswer> Caller::send(const Ask& ask) {
  for (int tries = 1;; ++tries) {
    if (outside_.interrupt.requested())
      return Error{Errc::interrupted, "interrupted while " + who() + " was asked"};
    if (left() <= Milliseconds(0))
      return Error{Errc::timeout, who() + " did not take everything within " +
                                      format_duration(deadline_) + "; publish it again later"};
    Result<HttpAnswer> answer = once(ask, left());
    if (!answer && answer.error().code == Errc::interrupted) return answer;
    MELISAI_TRY(const std::optional<Milliseconds> wait, patience(ask, answer, tries));
    if (!wait) return answer;
    const bool is_last = tries == kTriesMax;
    if (is_last || *wait >= left()) {
      const std::string asks =
          answer && forge::is_asked_too_often(*answer)
              ? who() + " takes no more requests with this token for " + format_duration(*wait)
          : answer ? who() + " is in trouble (status " + std::to_string(answer->status) + ")"
                   : explained(answer.error()).message;
      return Error{Errc::unavailable,
                   asks +
                       (is_last ? ", and five tries were enough"
                                : ", and there is no time left to wait for that") +
                       "; publish it again later"};
    }
    outside_.wait(*wait, outside_.interrupt);
  }
}

Result<std::optional<std::string>> Caller::next_page(const HttpAnswer& answer) const {
  // Link: <https://api.github.com/...&page=2>; rel="next", <...>; rel="last" (RFC 8288)
  std::string_view rest = answer.header("link");
  while (!rest.empty()) {
    const std::size_t start = rest.find('<');
    const std::size_t end = start == std::string_view::npos ? start : rest.find('>', start);
    if (end == std::string_view::npos) break;
    const std::string url(rest.substr(start + 1, end - start - 1));
    const std::size_t next = std::min(rest.find('<', end), rest.size());
    const std::string_view parameters = rest.substr(end, next - end);
    rest.remove_prefix(next);
    if (parameters.find("rel=\"next\"") == std::string_view::npos) continue;
    if (!url.starts_with(account_.api + "/"))
      return Error{Errc::parse, who() +
                                    " names a next page on another server, which must not get the "
                                    "token; is that the address of its API?"};
    return std::optional(url.substr(account_.api.size()));
  }
  return std::optional<std::string>();
}

Error Caller::refused(const HttpAnswer& answer, const std::string& what) const {
  const std::string start =
      who() + " refuses to " + what + " (status " + std::to_string(answer.status) + "): ";
  switch (answer.status) {
    case kNoLogin:
      return {Errc::config, start + "it does not accept the token; it may have expired"};
    case kForbidden:
      return {Errc::config, start + "the token may not; " + what_the_token_needs(account_.kind)};
    case kNothingThere:
    case kGone:
      return {Errc::not_found, start + "there is no such thing in " +
                                   in_quotes(account_.repository) +
                                   ", or the token does not see it"};
    case kUnprocessable:
      return {Errc::config, start + "it takes none such; is the commit in " +
                                in_quotes(account_.repository) + ", and is the thread open?"};
    default: break;
  }
  if (answer.status >= 300 && answer.status < 400)
    return {Errc::config, start + in_quotes(account_.repository) +
                              " is elsewhere, and nobody is followed; name it as it is called now"};
  return {Errc::config, start + "is that the address of its API?"};
}

}  // namespace melisai::publish
