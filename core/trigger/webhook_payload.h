// Reads the few fields that are needed of a payload: by path, checked, the first problem kept.
// Private to the parsers of webhooks.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/trigger/webhook.h"

namespace melisai::trigger {

/// A path names members from the outside in: "pull_request.head.sha". After the first problem every
/// read gives "" or 0.
class Payload {
 public:
  /// Errors: parse; limit, for what is nested too deep or holds too many values.
  static Result<Payload> parse(std::string_view json);
  Payload(Payload&&) noexcept;
  ~Payload();

  bool has(std::string_view path) const;  ///< and it is not null
  /// 1 to 1,000 bytes without control characters.
  std::string name(std::string_view path);
  std::string name_if_any(std::string_view path);  ///< "" when absent, null or empty
  std::string text_if_any(std::string_view path);  ///< the same without limits
  bool flag_if_any(std::string_view path);         ///< false when absent or null
  std::int64_t number(std::string_view path);      ///< 1 to 2^53
  /// 40 or 64 lower-case hex digits; "" of zeros, which stand for no commit.
  std::string sha(std::string_view path);
  std::string sha_if_any(std::string_view path);  ///< also "" when absent, null or empty
  /// The short name of a branch.
  std::string branch(std::string_view path);
  /// `member` of each object of a list; empty when absent or null.
  std::vector<std::string> names(std::string_view path, std::string_view member);
  /// "2026-11-21T02:07:41.5+01:00", and as GitLab writes it, "2026-11-21 02:07:41 UTC". Nothing
  /// when absent, or when it is written otherwise: no payload is refused for it.
  std::optional<WallTime> time_if_any(std::string_view path) const;
  /// {} when absent or null.
  WebhookUser user(std::string_view path, std::string_view login_member);

  void fail(std::string_view path, const std::string& what);
  const std::string& problem() const { return problem_; }  ///< "" without one

 private:
  explicit Payload(std::unique_ptr<nlohmann::json> json);
  const nlohmann::json* find(std::string_view path) const;
  const nlohmann::json* needed(std::string_view path);

  std::unique_ptr<nlohmann::json> json_;
  std::string problem_;
};

using Happening = decltype(WebhookEvent::what);

/// What each forge says; a problem stays in the payload.
Happening read_github(std::string_view kind, Payload& payload);
Happening read_gitlab(std::string_view kind, Payload& payload);
Happening read_gitea(std::string_view kind, Payload& payload);

/// What Gitea says as GitHub does.
Happening read_push(Payload& payload);
PullRequest read_pull_request(Payload& payload);
Happening read_comment(Payload& payload);

/// Unless it is a branch or tag with a name that git would take.
std::optional<Ignored> not_watched(std::string_view ref, Payload& payload);

}  // namespace melisai::trigger
