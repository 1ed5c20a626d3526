// What a plugin declares to need, before it may have any of it.
#pragma once

#include <string>

#include "core/worker/privileges.h"

namespace melisai::worker {

/// The capabilities that the library at `path` (as check_library() gave it) declares. Its
/// constructors run before its descriptor can be read, and threads that they start would keep what
/// they have: so a child without any capability loads it first. Empty without a descriptor; the
/// load that follows says why. Forks only when this process has capabilities to give.
CapabilitySet declared_capabilities(const std::string& path);

}  // namespace melisai::worker
