// How many files a process may open. The front door needs many; what is measured must see what it
// would see without a daemon.
#pragma once

#include <cstdint>

#include "core/base/result.h"

namespace melisai::serve {

/// The soft limit of this process.
std::uint64_t open_files_limit();

/// The same of this process and of all that it starts from now on. Errors: as setrlimit.
Result<void> limit_open_files(std::uint64_t count);

}  // namespace melisai::serve
