// Where forges deliver: POST /hooks/github/NAME, /hooks/gitlab/NAME and /hooks/gitea/NAME, where
// NAME is a project's. In this order: size, method, type, signature, payload, repository, what is
// known already, the disk; only then is it acknowledged. Used on the loop's thread.
#pragma once

#include <functional>
#include <string>

#include "core/api/approval_words.h"
#include "core/base/clock.h"
#include "core/http/http.h"
#include "core/model/serve_config.h"
#include "core/store/queue.h"
#include "core/trigger/trigger.h"

namespace melisai::api {

struct HookContext {
  const ServeConfig& config;  ///< projects with their secrets
  store::Queue& queue;
  const Clock& clock;
  /// Durable when it returns.
  std::function<Result<store::Accepted>(const RunEvent&)> accept;
  /// Somebody asks for an approval, and the queue has that; may be empty.
  std::function<void()> approval_asked = {};
  std::size_t body_max = 1 << 20;
};

/// What became of a delivery that its forge has signed.
struct HookAnswer {
  std::int64_t event = 0;  ///< of the queue; 0: nothing was accepted
  bool duplicate = false;  ///< it was accepted before, also by polling
  std::string ignored;     ///< why it starts nothing; "": it does, or did
  bool waits = false;      ///< for somebody's approval
  bool asked = false;      ///< for an approval; whether it is one is not known yet
  bool operator==(const HookAnswer&) const = default;
};

/// 202 with a HookAnswer as JSON, also for what is signed and starts nothing, or is about another
/// repository: forges switch hooks off that refuse. Else a problem: 413, 405, 415; 401 for a wrong
/// signature and for a project that does not exist or has no secret, which nothing tells apart; 422
/// for a payload that cannot be read; 503 when it could not be stored.
http::Response answer_hook(const http::Request& request, const HookContext& context);

/// One signed delivery about this project.
struct SignedEvent {
  const WatchedProject& project;
  trigger::Forge forge = trigger::Forge::github;
  std::string once;  ///< as of RunEvent
};

/// A branch or tag that moved: what polling would have found, and by the same rules.
Result<HookAnswer> handle_ref(const trigger::RefMoved& moved, const SignedEvent& event,
                              const HookContext& context);

/// A PullRequest or a PullRequestComment. What is open is an event of the queue, unless it is known
/// with that head already; what is closed ends what waits of it.
Result<HookAnswer> handle_pull_request(const trigger::WebhookEvent& happening,
                                       const SignedEvent& event, const HookContext& context);

/// What somebody wants for a pull request.
struct Asking {
  store::Approval::Action action = store::Approval::Action::approve;
  trigger::WebhookUser user;
  std::string via;  ///< as of ApprovalRequest
  AskedFor asked;
};

/// Asks the forge whether they may, unless there is nothing to approve: that is ignored.
Result<HookAnswer> ask_for_head(const Asking& asking, std::int64_t number, const SignedEvent& event,
                                const HookContext& context);

/// A button of one of our check runs. What is not known here is ignored.
Result<HookAnswer> handle_button(const trigger::CheckRunPressed& pressed, const SignedEvent& event,
                                 const HookContext& context);

/// Writes down that the forge is to be asked whether `user` may write: whether they may is for it
/// to say, later and elsewhere. Strangers ask too, so that there is a limit for each and for all.
Result<HookAnswer> ask_forge(store::ApprovalRequest request, const trigger::WebhookUser& user,
                             const SignedEvent& event, const HookContext& context);

}  // namespace melisai::api
