// What GitHub says, and Gitea in the same words.
#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/trigger/ref_names.h"
#include "core/trigger/webhook_payload.h"

namespace melisai::trigger {
namespace {

using Action = PullRequest::Action;

// "synchronized", "label_updated" and "label_cleared" are Gitea's.
constexpr std::array<std::pair<std::string_view, Action>, 9> kActions{
    {{"opened", Action::opened},
     {"synchronize", Action::updated},
     {"synchronized", Action::updated},
     {"reopened", Action::reopened},
     {"labeled", Action::labelled},
     {"unlabeled", Action::unlabelled},
     {"label_updated", Action::labelled},
     {"label_cleared", Action::unlabelled},
     {"closed", Action::closed}}};

std::optional<Action> action_of(Payload& payload) {
  const std::string word = payload.name("action");
  // Another base branch is another comparison; any other edit changes nothing that runs.
  if (word == "edited" && (payload.has("changes.base") || payload.has("changes.ref")))
    return Action::retargeted;
  const auto* const found = std::find_if(kActions.begin(), kActions.end(),
                                         [&](const auto& entry) { return entry.first == word; });
  return found == kActions.end() ? std::nullopt : std::optional(found->second);
}

bool is_same_name(std::string_view a, std::string_view b) {
  return is_same_repository({.full_name = std::string(a), .addresses = {}}, b, "");
}

Happening read_proposal(Payload& payload) {
  const std::optional<Action> action = action_of(payload);
  if (!action) return Ignored{in_quotes(payload.name("action")) + " of a pull request"};
  PullRequest request = read_pull_request(payload);
  request.action = *action;
  if (const std::string added = payload.name_if_any("label.name");
      *action == Action::labelled && !added.empty())
    request.added_labels.push_back(added);
  return request;
}

}  // namespace

std::optional<Ignored> not_watched(std::string_view ref, Payload& payload) {
  if (!ref.starts_with(kBranchPrefix) && !ref.starts_with(kTagPrefix))
    return Ignored{in_quotes(ref) + " is neither a branch nor a tag"};
  if (!is_valid_ref(ref)) payload.fail("ref", in_quotes(ref) + " is no name that git would take");
  return std::nullopt;
}

Happening read_push(Payload& payload) {
  RefMoved moved{.ref = payload.name("ref"), .before = "", .after = ""};
  if (std::optional<Ignored> ignored = not_watched(moved.ref, payload)) return *ignored;
  moved.before = payload.sha_if_any("before");
  moved.after = payload.sha("after");
  // `after` is the tag itself when it is annotated; what runs, and what polling sees, is a commit.
  if (moved.ref.starts_with(kTagPrefix) && !moved.after.empty())
    if (std::string commit = payload.sha_if_any("head_commit.id"); !commit.empty())
      moved.after = std::move(commit);
  return moved;
}

PullRequest read_pull_request(Payload& payload) {
  PullRequest request;
  request.number = payload.number("pull_request.number");
  request.open = payload.name("pull_request.state") == "open";
  request.head_sha = request.open ? payload.sha("pull_request.head.sha")
                                  : payload.sha_if_any("pull_request.head.sha");
  if (request.open && request.head_sha.empty())
    payload.fail("pull_request.head.sha", "expected a commit");
  request.head_ref = payload.branch("pull_request.head.ref");
  request.base_ref = payload.branch("pull_request.base.ref");
  request.base_sha = payload.sha_if_any("pull_request.base.sha");
  const std::string base = payload.name("pull_request.base.repo.full_name");
  if (payload.problem().empty() && !is_same_name(base, payload.name("repository.full_name")))
    payload.fail("pull_request.base.repo.full_name", "is another repository than the event's");
  if (payload.has("pull_request.head.repo"))
    request.head_repository = payload.name("pull_request.head.repo.full_name");
  request.from_fork = !is_same_name(request.head_repository, base);
  request.author = payload.user("pull_request.user", "login");
  request.sender = payload.user("sender", "login");
  request.labels = payload.names("pull_request.labels", "name");
  request.at = payload.time_if_any("pull_request.updated_at");
  return request;
}

Happening read_comment(Payload& payload) {
  const std::string action = payload.name("action");
  // What is written into an old comment later was not there when others read it.
  if (action != "created") return Ignored{in_quotes(action) + " of a comment"};
  if (!payload.has("issue.pull_request") && !payload.flag_if_any("is_pull"))
    return Ignored{"a comment on an issue"};
  return PullRequestComment{.number = payload.number("issue.number"),
                            .id = payload.number("comment.id"),
                            .author = payload.user("comment.user", "login"),
                            .text = payload.text_if_any("comment.body"),
                            .at = payload.time_if_any("comment.created_at")};
}

namespace {

Happening read_check_run(Payload& payload) {
  const std::string action = payload.name("action");
  const bool is_button = action == "requested_action";
  if (!is_button && action != "rerequested") return Ignored{in_quotes(action) + " of a check run"};
  CheckRunPressed pressed{.button = is_button ? payload.name("requested_action.identifier") : "",
                          .external_id = payload.name_if_any("check_run.external_id"),
                          .sha = payload.sha("check_run.head_sha"),
                          .sender = payload.user("sender", "login")};
  if (pressed.sha.empty()) return Ignored{"a check run of no commit"};
  return pressed;
}

}  // namespace

Happening read_github(std::string_view kind, Payload& payload) {
  if (kind == "push") return read_push(payload);
  if (kind == "pull_request") return read_proposal(payload);
  if (kind == "issue_comment") return read_comment(payload);
  if (kind == "check_run") return read_check_run(payload);
  if (kind == "ping") return Ping{};
  if (kind == "create" || kind == "delete") return Ignored{"a push says the same"};
  return Ignored{"nothing runs on events of kind " + in_quotes(kind)};
}

Happening read_gitea(std::string_view kind, Payload& payload) {
  // Of a deleted branch no push tells.
  if (kind != "delete") return read_github(kind, payload);
  const bool tag = payload.name("ref_type") == "tag";
  RefMoved gone{.ref = payload.name("ref"), .before = "", .after = ""};
  if (!gone.ref.starts_with("refs/"))
    gone.ref = std::string(tag ? kTagPrefix : kBranchPrefix) + gone.ref;
  if (std::optional<Ignored> ignored = not_watched(gone.ref, payload)) return *ignored;
  return gone;
}

}  // namespace melisai::trigger
