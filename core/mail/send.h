// One message to one server.
#pragma once

#include "core/base/result.h"
#include "core/mail/request.h"

namespace melisai::mail {

/// Errors: unavailable, with what the server or the network said.
Result<void> send(const Request& request);

}  // namespace melisai::mail
