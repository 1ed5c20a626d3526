// Fetching from another repository. Nothing is asked, no program is started, no redirect to another
// host is followed, and a host that cannot prove who it is is refused (https: the system's
// certificates; ssh: ~/.ssh/known_hosts).
#pragma once

#include <string>

#include "core/git/library.h"
#include "core/git/url.h"

namespace melisai::git {

struct FetchTask {
  std::string url;
  std::string directory;  ///< does not exist yet; becomes a bare repository
  std::string sha;        ///< the commit that is needed
  UrlPolicy policy;
};

/// All branches and tags of `url`, since servers need not hand out single commits. Waits as long as
/// the server does: the process has a deadline. Errors: git, limit (8 GiB), disk_full.
Result<Repository> fetch_commit(const FetchTask& task);

}  // namespace melisai::git
