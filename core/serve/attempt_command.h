// How the process of an attempt is started.
#pragma once

#include <string>

#include "core/base/process.h"
#include "core/serve/context.h"

namespace melisai::serve {

/// Of a whole attempt; its stages have limits of their own, and a check its budget.
inline constexpr Milliseconds kAttemptMax{24 * 3'600'000};

/// `melisai-gate work` in `directory` (absolute), where its log is; which run it is for is to be
/// added.
Command attempt_command(const Context& context, const std::string& directory);

}  // namespace melisai::serve
