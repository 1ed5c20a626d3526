// The lock of the state directory that the daemon holds as long as it lives, so that two never
// share one, and so that others can tell whether there is one.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/file_lock.h"

namespace melisai::serve {

/// Makes the directory when it is not there. Errors: unavailable, naming the daemon that holds it;
/// io, disk_full.
Result<FileLock> take_daemon_lock(const std::string& state_dir, const Clock& clock);

/// Whether a daemon holds it; true also when that cannot be told.
bool has_daemon(const std::string& state_dir);

/// What became of a run that is running where there is none. The next daemon runs it again.
inline constexpr std::string_view kNoDaemon = "interrupted: no daemon is running";

}  // namespace melisai::serve
