// Approval check: the check run at a head that waits for approval, with its button, and what takes
// its place once somebody has approved it. GitHub Apps only: nobody else is told who presses one.
#pragma once

#include "core/publish/publish.h"
#include "core/serve/context.h"

namespace melisai::serve {

/// Of approval_wanted and of approved. May be done twice: there is one check run of each notice. Of
/// any thread; blocks for notify.timeout. Errors: as put_on_forge().
Result<void> publish_approval(const Notice& notice, const WatchedProject& project,
                              const Context& context, const Interrupt& interrupt);

}  // namespace melisai::serve
