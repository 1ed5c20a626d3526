#include "core/serve/accept.h"

#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai::serve {

namespace {

void publish(Context& context, supervise::EventSeverity severity, const std::string& message) {
  context.bus.publish({.type = supervise::EventType::status_update,
                       .severity = severity,
                       .source = "queue",
                       .run = "",
                       .pipeline = "",
                       .engine = "",
                       .message = message,
                       .data = ""});
}

}  // namespace

Result<store::Accepted> accept_event(Context& context, const RunEvent& event) {
  MELISAI_TRY(const store::Accepted accepted, context.queue.accept(event));
  if (!accepted.waits) return accepted;
  const std::string message = approval_wanted(event.project, *event.proposal, event.sha);
  log_warning(message);
  publish(context, supervise::EventSeverity::warning, message);
  return accepted;
}

Result<store::Approved> approve(Context& context, const store::Approval& approval) {
  MELISAI_TRY(const store::Approved approved, context.queue.approve(approval, context.now()));
  if (approved.already) return approved;
  const std::string message = approval.project + ": pull request " +
                              std::to_string(approval.number) + " is approved by " + approval.by +
                              ": " + approval.sha + " may run";
  log_info(message);
  publish(context, supervise::EventSeverity::info, message);
  return approved;
}

std::string approval_wanted(const std::string& project, const Proposal& proposal,
                            const std::string& sha) {
  return project + ": " + name_of(proposal) + " by " +
         in_quotes(proposal.author.empty() ? "somebody" : proposal.author) +
         " waits for approval: `" + approve_command(project, proposal.number, sha) + "`";
}

std::string approve_command(const std::string& project, std::int64_t number,
                            const std::string& sha) {
  return "melisai-gate approve " + project + " " + std::to_string(number) + " " + sha;
}

}  // namespace melisai::serve
