// Commands of the control socket, asked for over HTTP. Private to core/api.
#pragma once

#include <string>

#include "core/api/handlers.h"

namespace melisai::api {

/// Its answer without "ok" under `status`; a mistake of the caller as 409, else 503.
void forward(Parts& parts, const Json& command, http::Respond respond, int status);

}  // namespace melisai::api
