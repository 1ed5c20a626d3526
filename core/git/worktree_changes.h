// What differs between HEAD and the work tree, and copies of it. The index is read, never refreshed
// on disk.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/git/library.h"
#include "core/git/safe_files.h"
#include "core/git/tree_writer.h"

namespace melisai::git {

struct WorktreeChanges {
  std::set<std::string> paths;      ///< everything that is not as in HEAD
  std::vector<std::string> copied;  ///< those of them that exist in the work tree
};

/// `head`: the tree to compare with. Staged, unstaged and untracked changes; ignored files and
/// repositories inside the work tree are not looked at. Errors: git.
Result<WorktreeChanges> find_changes(git_repository& repository, git_tree& head);

struct CopyPlaces {
  const Fd& from;  ///< the work tree
  const Fd& to;    ///< holds HEAD without `paths`
  Budget& budget;
};
/// Errors: git, io, disk_full, limit.
Result<void> copy_changes(const WorktreeChanges& changes, const CopyPlaces& places);

}  // namespace melisai::git
