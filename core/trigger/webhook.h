// Webhooks: what a forge says when somebody pushes or proposes. First the signature over the raw
// bytes, then the payload, as one closed type. Everything in it is a stranger's until the signature
// matched, and checked after that. Pure: whose hook it is and what becomes of it is the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/model/pipeline_run.h"

namespace melisai::trigger {

/// Forgejo speaks as Gitea. Gitea also sends GitHub's headers, so the caller says which it is.
enum class Forge { github, gitlab, gitea };
std::string_view to_string(Forge forge);  ///< "github"
std::optional<Forge> parse_forge(std::string_view word);

/// All values of a header, whatever its case.
using HeaderValues = std::function<std::vector<std::string_view>(std::string_view name)>;

/// One delivery as it came.
struct Delivery {
  Forge forge = Forge::github;
  HeaderValues headers;
  std::string_view body;
  bool form = false;  ///< application/x-www-form-urlencoded instead of JSON
};

/// Whether `secret` signed it: GitHub and Gitea by HMAC-SHA-256 (GitHub of the body, Gitea of the
/// JSON, also within a form), GitLab by sending it. Never without a secret, with an empty, a second
/// or only a SHA-1 signature. Takes the same time whatever is wrong, also without a secret.
bool is_signed(const Delivery& delivery, std::string_view secret);

/// 64 lower-case hex digits: HMAC-SHA-256 (RFC 2104).
std::string hmac_sha256(std::string_view key, std::string_view text);

/// The JSON of a delivery. Errors: parse, for a form that holds no `payload`, or two.
Result<std::string> json_of(const Delivery& delivery);

/// "push"; "" when the forge does not say what happened, or twice.
std::string kind_of(const Delivery& delivery);

/// What the forge repeats when it delivers the same again; "" when it says nothing like that, or
/// nothing that is an id: 1 to 200 visible characters.
std::string id_of(const Delivery& delivery);

struct WebhookRepository {
  std::string full_name;               ///< "owner/name", of GitLab also "group/subgroup/name"
  std::vector<std::string> addresses;  ///< to clone from, and of its page
  bool operator==(const WebhookRepository&) const = default;
};

struct WebhookUser {
  std::int64_t id = 0;  ///< 0: not said
  std::string login;    ///< "": not said
  bool operator==(const WebhookUser&) const = default;
};

/// A branch or tag is elsewhere than before.
struct RefMoved {
  std::string ref;     ///< full name
  std::string before;  ///< "": it was not there, or nobody says; of an annotated tag not the commit
  std::string after;   ///< a commit, also of an annotated tag; "": deleted
  bool operator==(const RefMoved&) const = default;
};

struct PullRequest {
  enum class Action { opened, updated, reopened, retargeted, labelled, unlabelled, closed };
  Action action = Action::opened;
  std::int64_t number = 0;
  bool open = true;
  std::string head_sha;         ///< "" only of one that is closed
  std::string head_ref;         ///< short: "topic"
  std::string head_repository;  ///< full name; "": the fork was deleted
  std::string base_ref;         ///< short
  std::string base_sha;         ///< "": GitLab does not say it
  bool from_fork = true;        ///< unless head and base are branches of one repository
  WebhookUser author;
  WebhookUser sender;  ///< who did this
  std::vector<std::string> labels;
  std::vector<std::string> added_labels;  ///< by this; of Gitea nobody says which
  std::optional<WallTime> at;             ///< when this was done; nothing: not said
  bool operator==(const PullRequest&) const = default;
};

/// A new comment on a pull request.
struct PullRequestComment {
  std::int64_t number = 0;  ///< of the pull request
  std::int64_t id = 0;      ///< of the comment
  WebhookUser author;
  std::string text;
  std::optional<WallTime> at;  ///< when it was written; nothing: not said
  bool operator==(const PullRequestComment&) const = default;
};

/// Somebody pressed a button of a check run, or asked for it once more.
struct CheckRunPressed {
  std::string button;       ///< as its maker called it; "": it is to be run once more
  std::string external_id;  ///< of the check run, as its maker called it; "": not at all
  std::string sha;          ///< that the check run is of
  WebhookUser sender;
  bool operator==(const CheckRunPressed&) const = default;
};

struct Ping {
  bool operator==(const Ping&) const = default;
};

/// Something that starts nothing here.
struct Ignored {
  std::string reason;  ///< for people
  bool operator==(const Ignored&) const = default;
};

struct WebhookEvent {
  std::optional<WebhookRepository> repository;  ///< nothing: of an organisation, say
  std::variant<RefMoved, PullRequest, PullRequestComment, CheckRunPressed, Ping, Ignored> what;
  bool operator==(const WebhookEvent&) const = default;
};

/// Kinds and actions that are not known are `Ignored`. Errors: parse, limit, for what is no JSON
/// object, or lacks what is needed, or has it in the wrong shape.
Result<WebhookEvent> parse_webhook(Forge forge, std::string_view kind, std::string_view json);

/// "owner/name" of an address of a repository; "" of a path on this machine.
std::string repository_of(std::string_view address);

/// Whether it is the one of that name, or one of its addresses names the same host and path.
bool is_same_repository(const WebhookRepository& repository, std::string_view full_name,
                        std::string_view address);

}  // namespace melisai::trigger
