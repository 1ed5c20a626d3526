// Limits of this process, for programs that meet what others wrote.
#pragma once

#include <sys/resource.h>

#include "core/base/result.h"

namespace melisai {

/// Sets RLIMIT_DATA and its like; one that is lower already stays. `name`: for people, "memory".
/// Errors: io.
Result<void> lower_limit(decltype(RLIMIT_DATA) resource, rlim_t soft, rlim_t hard,
                         const char* name);

}  // namespace melisai
