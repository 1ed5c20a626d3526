// Files that processes name, also of one that lives in a root of its own. Private to core/symbols.
//
// Whoever is watched may put a link to a device there, and to open some devices is to do something
// (a watchdog, a tape): what is no regular file is found (O_PATH) and never opened. fstat() tells.
#pragma once

#include <string>

#include "core/base/fd.h"

namespace melisai::symbols {

/// Opens `path` for reading. `flags`: O_NOFOLLOW. errno says why there is none.
Fd open_file(const std::string& path, int flags = 0);

/// The same below `root`; absolute links and ".." on the way stay below it, since the root of a
/// container is not ours.
Fd open_below(const std::string& root, const std::string& path, int flags = 0);

}  // namespace melisai::symbols
