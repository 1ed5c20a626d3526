// Writes a commit, or the state of the work tree, into a directory of its own. The user's
// repository is only read: no index, no HEAD, no reference, no configuration changes. On an error
// the directory is left as it is; its owner removes it.
#pragma once

#include <string>

#include "core/base/git.h"
#include "core/git/library.h"

namespace melisai::git {

struct CheckoutTask {
  std::string directory;  ///< exists, empty, outside the work tree
  bool submodules = false;
  bool allow_http = false;  ///< for submodules
  RemoteAddress origin;     ///< as of GitOptions
};

/// Errors: git, io, disk_full, limit.
Result<void> checkout(git_repository& repository, const std::string& sha, const CheckoutTask& task);

/// HEAD, and over it what is modified, staged or untracked and not ignored; what was deleted is
/// left out. Submodules are at the commit that HEAD records. Errors: as above; git for a bare
/// repository and for unresolved merge conflicts.
Result<void> checkout_worktree(git_repository& repository, const CheckoutTask& task);

}  // namespace melisai::git
