// Linux capabilities of this thread. Raw system calls; only ever drops.
#pragma once

#include <cstdint>

#include "core/base/result.h"

namespace melisai {

using CapabilitySet = std::uint64_t;  ///< bit n: capability n of linux/capability.h

/// What this thread could make use of; empty when that cannot be read.
CapabilitySet permitted_capabilities();

/// Drops everything outside of `keep`, from the bounding set too where that is allowed. Errors: io.
Result<void> keep_capabilities(CapabilitySet keep);

}  // namespace melisai
