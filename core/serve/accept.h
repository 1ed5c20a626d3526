// Takes an event into the queue, whoever saw it.
#pragma once

#include "core/serve/context.h"

namespace melisai::serve {

/// Durable when it returns. What waits for approval is told on the bus. Errors: as Queue::accept.
Result<store::Accepted> accept_event(Context& context, const RunEvent& event);

/// The same of an approval. Errors: as Queue::approve.
Result<store::Approved> approve(Context& context, const store::Approval& approval);

/// "demo: pull request 7 by 'ann' waits for approval: `melisai-gate approve demo 7 SHA`".
std::string approval_wanted(const std::string& project, const Proposal& proposal,
                            const std::string& sha);

/// "melisai-gate approve demo 7 SHA".
std::string approve_command(const std::string& project, std::int64_t number,
                            const std::string& sha);

}  // namespace melisai::serve
