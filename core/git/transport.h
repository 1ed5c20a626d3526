// Asking and fetching from another repository. Nothing is asked of the user, no program is started,
// no redirect to another host is followed, and a host that cannot prove who it is is refused
// (https: the system's certificates; ssh: ~/.ssh/known_hosts). Waits as long as the server does:
// the process has a deadline.
#pragma once

#include <string>
#include <vector>

#include "core/base/git.h"
#include "core/git/library.h"
#include "core/git/url.h"

namespace melisai::git {

/// Errors: git, limit; see RemoteRepo::refs.
Result<std::vector<RemoteRef>> remote_refs(const RemoteAddress& address, UrlPolicy policy);

struct FetchTask {
  std::string url;
  std::string token = "";  ///< as of RemoteAddress
  std::string directory;   ///< becomes a bare repository; or is one that nobody else writes to now
  std::string sha;         ///< the commit that is needed
  std::string proposal = "";  ///< as of FetchRequest
  UrlPolicy policy;
};

/// All branches and tags of `url`, and the proposal that is named, since servers need not hand out
/// single commits; nothing when the commit is there already. Errors: git, limit (8 GiB), disk_full.
Result<Repository> fetch_commit(const FetchTask& task);

}  // namespace melisai::git
