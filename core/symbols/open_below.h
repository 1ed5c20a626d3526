// Files as a process sees them that lives in a root of its own. Private to core/symbols.
#pragma once

#include <string>

#include "core/base/fd.h"

namespace melisai::symbols {

/// Opens `path` below `root` for reading; absolute links and ".." on the way stay below it, since
/// the root of a container is not ours. Never waits, as a pipe would. errno says why there is none.
Fd open_below(const std::string& root, const std::string& path, int flags = 0);

}  // namespace melisai::symbols
