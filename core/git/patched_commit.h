// A proposed change as a commit of its own. No work tree is involved, so that a patch can name no
// file outside of the repository.
#pragma once

#include <string>

#include "core/git/library.h"

namespace melisai::git {

struct PatchTask {
  std::string sha;   ///< the commit that the patch is for
  std::string file;  ///< absolute; the patch, as `git diff` prints it
  std::string message;
  std::string ref;  ///< "refs/melisai-gate/..."; made, or moved
};

/// The new commit's sha. Errors: see GitRepo::commit_patch.
Result<std::string> commit_patch(git_repository& repository, const PatchTask& task);

}  // namespace melisai::git
