// The bare repository that a daemon keeps of a server's: fetched into again and again, by processes
// that may be killed in the middle.
#pragma once

#include "core/git/transport.h"

namespace melisai::git {

/// fetch_commit() into a lasting directory, one process after the other. Errors: see
/// RemoteRepo::fetch.
Result<Repository> update_mirror(const FetchTask& task);

}  // namespace melisai::git
