// Pull requests and the comments on them, told by their forge. What strangers propose is accepted
// as well, and waits in the queue until somebody approves it.
#include <algorithm>

#include "core/api/hooks.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

using Action = trigger::PullRequest::Action;
using Run = PullRequestOptions::Run;

constexpr std::string_view kBranches = "refs/heads/";
/// Each is a question to the forge of the project.
constexpr int kAskedMax = 50;
constexpr int kAskedByOneMax = 3;

HookAnswer ignored(const std::string& why) { return {.ignored = why}; }

std::string ref_of(trigger::Forge forge, std::int64_t number) {
  const bool gitlab = forge == trigger::Forge::gitlab;
  return (gitlab ? "refs/merge-requests/" : "refs/pull/") + std::to_string(number) + "/head";
}

std::string author_of(const trigger::WebhookUser& user) {
  if (!user.login.empty()) return user.login;
  return user.id == 0 ? "" : "user " + std::to_string(user.id);
}

/// Why it does not run here; "" when it does.
std::string why_not(const trigger::PullRequest& request, const WatchedProject& project) {
  const Run run = project.pull_requests.run;
  if (run == Run::none) return "pull requests are not run here";
  if (run == Run::same_repository && request.from_fork)
    return "pull requests of forks are not run here";
  const std::string base = std::string(kBranches) + request.base_ref;
  if (trigger::passes({.branches = project.branches, .tags = {}}, base)) return "";
  return in_quotes(base) + " is none of the branches that the project runs";
}

RunEvent event_of(const trigger::PullRequest& request, const SignedEvent& event, WallTime now) {
  RunEvent run;
  run.kind = RunEvent::Kind::pull_request;
  run.project = event.project.name;
  run.ref = ref_of(event.forge, request.number);
  run.sha = request.head_sha;
  run.once = event.once;
  run.trusted = !request.from_fork;
  run.received_at = now;
  run.proposal = Proposal{.number = request.number,
                          .base = std::string(kBranches) + request.base_ref,
                          .author = author_of(request.author),
                          .approved_by = ""};
  run.cause = name_of(*run.proposal) + " for " + request.base_ref;
  return run;
}

/// Nothing of it is to begin any more.
Result<HookAnswer> close(std::int64_t number, const SignedEvent& event, const HookContext& context,
                         const std::string& why) {
  MELISAI_TRY(const int cancelled,
              context.queue.close_pull_request(event.project.name, number, event.once,
                                               context.clock.now()));
  if (cancelled > 0)
    log_info(event.project.name + ": pull request " + std::to_string(number) + ": " +
             std::to_string(cancelled) +
             (cancelled == 1 ? " run that waited is" : " runs that waited are") + " cancelled");
  return ignored(why);
}

/// Strangers ask too, and should not keep others from it.
bool is_too_much(const std::vector<store::ApprovalRequest>& others, const std::string& project,
                 const std::string& login) {
  int of_project = 0;
  int of_one = 0;
  for (const store::ApprovalRequest& other : others) {
    if (other.approval.project != project) continue;
    ++of_project;
    of_one += other.login == login ? 1 : 0;
  }
  return of_project >= kAskedMax || of_one >= kAskedByOneMax;
}

bool adds_approval(const trigger::PullRequest& request, const PullRequestOptions& options) {
  const auto& added = request.added_labels;
  return request.action == Action::labelled && !options.approval_label.empty() &&
         std::find(added.begin(), added.end(), options.approval_label) != added.end();
}

Result<HookAnswer> handle(const trigger::PullRequest& request, const SignedEvent& event,
                          const HookContext& context) {
  const WatchedProject& project = event.project;
  if (!request.open) return close(request.number, event, context, "what is closed starts nothing");
  if (const std::string why = why_not(request, project); !why.empty())
    return close(request.number, event, context, why);
  const RunEvent run = event_of(request, event, context.clock.now());
  MELISAI_TRY(const store::Accepted accepted, context.accept(run));
  if (!accepted.duplicate())
    log_info(project.name + ": " + run.cause + " (" + run.sha.substr(0, 12) + "), by webhook");
  if (accepted.duplicate() && adds_approval(request, project.pull_requests))
    return ask_for_head(
        {.user = request.sender,
         .via = "label",
         .asked = {.sha = request.head_sha, .at = request.at, .received_at = context.clock.now()}},
        request.number, event, context);
  return HookAnswer{
      .event = accepted.event, .duplicate = accepted.duplicate(), .waits = accepted.waits};
}

Result<HookAnswer> handle(const trigger::PullRequestComment& comment, const SignedEvent& event,
                          const HookContext& context) {
  const auto command = comment_command(comment.text);
  if (!command) return ignored(command.error().message);
  if (!*command) return ignored("a comment without a command");
  return ask_for_head({.action = (*command)->action,
                       .user = comment.author,
                       .via = "comment",
                       .asked = {.sha = (*command)->sha,
                                 .names_it = !(*command)->sha.empty(),
                                 .at = comment.at,
                                 .received_at = context.clock.now()}},
                      comment.number, event, context);
}

}  // namespace

Result<HookAnswer> ask_for_head(const Asking& asking, std::int64_t number, const SignedEvent& event,
                                const HookContext& context) {
  const WatchedProject& project = event.project;
  MELISAI_TRY(const auto known, context.queue.pull_request(project.name, number));
  if (!known) return ignored("pull request " + std::to_string(number) + " is not known here");
  const bool is_retry = asking.action == store::Approval::Action::retry;
  if (!is_retry && !known->waits) return ignored("it does not wait for approval");
  const Result<std::string> head =
      asked_head(asking.asked, *known, project.pull_requests.approval_age);
  if (!head) return ignored(head.error().message);
  store::ApprovalRequest request;
  request.approval = {
      .action = asking.action, .project = project.name, .number = number, .sha = *head, .by = ""};
  request.via = asking.via;
  return ask_forge(std::move(request), asking.user, event, context);
}

Result<HookAnswer> ask_forge(store::ApprovalRequest request, const trigger::WebhookUser& user,
                             const SignedEvent& event, const HookContext& context) {
  if (user.login.empty()) return ignored("nobody says who asked");
  MELISAI_TRY(const auto others, context.queue.asked_approvals());
  if (is_too_much(others, event.project.name, user.login))
    return ignored("too many approvals are asked for; an operator can approve by hand");
  request.user_id = user.id;
  request.login = user.login;
  request.once = event.once;
  request.asked_at = context.clock.now();
  MELISAI_TRY(const bool news, context.queue.ask_approval(request));
  if (news && context.approval_asked) context.approval_asked();
  return HookAnswer{.duplicate = !news, .asked = true};
}

Result<HookAnswer> handle_pull_request(const trigger::WebhookEvent& happening,
                                       const SignedEvent& event, const HookContext& context) {
  if (const auto* comment = std::get_if<trigger::PullRequestComment>(&happening.what))
    return handle(*comment, event, context);
  return handle(std::get<trigger::PullRequest>(happening.what), event, context);
}

}  // namespace melisai::api
