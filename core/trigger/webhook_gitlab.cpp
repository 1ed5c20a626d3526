// What GitLab says: merge requests instead of pull requests, and words of its own.
#include <algorithm>

#include "core/base/text.h"
#include "core/trigger/ref_names.h"
#include "core/trigger/webhook_payload.h"

namespace melisai::trigger {
namespace {

using Action = PullRequest::Action;

Happening read_gitlab_push(Payload& payload) {
  RefMoved moved{.ref = payload.name("ref"), .before = "", .after = ""};
  if (std::optional<Ignored> ignored = not_watched(moved.ref, payload)) return *ignored;
  moved.before = payload.sha_if_any("before");
  moved.after = payload.sha("after");
  // Of an annotated tag `after` is the tag itself.
  if (moved.ref.starts_with(kTagPrefix) && !moved.after.empty())
    if (std::string commit = payload.sha_if_any("checkout_sha"); !commit.empty())
      moved.after = std::move(commit);
  return moved;
}

std::optional<Action> action_of(const std::string& word, const Payload& payload) {
  if (word == "open") return Action::opened;
  if (word == "reopen") return Action::reopened;
  if (word == "close" || word == "merge") return Action::closed;
  if (word != "update") return std::nullopt;
  // An update says what it changed; `oldrev` is there when commits were pushed.
  if (payload.has("object_attributes.oldrev")) return Action::updated;
  if (payload.has("changes.target_branch")) return Action::retargeted;
  if (payload.has("changes.labels")) return Action::labelled;
  return std::nullopt;
}

Happening read_merge_request(Payload& payload) {
  // A test from GitLab's settings has no action.
  const std::string word = payload.name_if_any("object_attributes.action");
  const std::optional<Action> action = action_of(word, payload);
  if (!action) return Ignored{in_quotes(word) + " of a merge request"};
  PullRequest request;
  request.action = *action;
  request.number = payload.number("object_attributes.iid");
  request.open = payload.name("object_attributes.state") == "opened";
  request.head_sha = request.open ? payload.sha("object_attributes.last_commit.id")
                                  : payload.sha_if_any("object_attributes.last_commit.id");
  if (request.open && request.head_sha.empty())
    payload.fail("object_attributes.last_commit.id", "expected a commit");
  request.head_ref = payload.branch("object_attributes.source_branch");
  request.base_ref = payload.branch("object_attributes.target_branch");
  const std::string base = payload.name("project.path_with_namespace");
  if (payload.has("object_attributes.source"))
    request.head_repository = payload.name("object_attributes.source.path_with_namespace");
  request.from_fork =
      request.head_repository != base || payload.number("object_attributes.source_project_id") !=
                                             payload.number("object_attributes.target_project_id");
  request.sender = payload.user("user", "username");
  if (payload.has("object_attributes.author_id"))
    request.author.id = payload.number("object_attributes.author_id");
  if (request.author.id == request.sender.id) request.author.login = request.sender.login;
  request.labels = payload.names("labels", "title");
  const std::vector<std::string> before = payload.names("changes.labels.previous", "title");
  for (std::string& now : payload.names("changes.labels.current", "title"))
    if (std::find(before.begin(), before.end(), now) == before.end())
      request.added_labels.push_back(std::move(now));
  request.at = payload.time_if_any("object_attributes.updated_at");
  return request;
}

Happening read_note(Payload& payload) {
  const std::string action = payload.name_if_any("object_attributes.action");
  if (!action.empty() && action != "create") return Ignored{in_quotes(action) + " of a comment"};
  if (payload.name("object_attributes.noteable_type") != "MergeRequest" ||
      payload.flag_if_any("object_attributes.system"))
    return Ignored{"no comment of a person on a merge request"};
  PullRequestComment comment{.number = payload.number("merge_request.iid"),
                             .id = payload.number("object_attributes.id"),
                             .author = payload.user("user", "username"),
                             .text = payload.text_if_any("object_attributes.note"),
                             .at = payload.time_if_any("object_attributes.created_at")};
  // Older ones say who wrote it here only.
  if (comment.author.id == 0) comment.author.id = payload.number("object_attributes.author_id");
  return comment;
}

}  // namespace

Happening read_gitlab(std::string_view kind, Payload& payload) {
  if (kind == "Push Hook" || kind == "Tag Push Hook") return read_gitlab_push(payload);
  if (kind == "Merge Request Hook") return read_merge_request(payload);
  if (kind == "Note Hook") return read_note(payload);
  return Ignored{"nothing runs on events of kind " + in_quotes(kind)};
}

}  // namespace melisai::trigger
