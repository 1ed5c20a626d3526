// As whom the forge of a project is asked and told: with a token, or as an app of GitHub.
#pragma once

#include "core/publish/publish.h"
#include "core/serve/approver.h"

namespace melisai::serve {

/// As the configuration says: projects[].forge. An app gets a token for this repository alone,
/// which ends by itself after an hour; nobody keeps it. Errors: config without a forge, and for a
/// key that cannot be read; else as publish::installation_token().
Result<forge::Account> log_in(const WatchedProject& project, const publish::Outside& outside,
                              Milliseconds deadline);

/// Asks the forge of a project whether somebody may write to it, for approvals.
MayWrite ask_forge(const ServeWorld& world);

}  // namespace melisai::serve
