// Writes git trees as files. Our own walk instead of git_checkout_tree, because that one
// (libgit2 1.5) needs a work tree and an index to replace, fails on a bare repository with
// submodules, and converts line ends by attributes of the wrong tree; here a file's bytes are the
// blob's bytes on both sides of a comparison, and no filter can run.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/git/budget.h"
#include "core/git/library.h"
#include "core/git/safe_files.h"

namespace melisai::git {

/// A submodule's place in a tree: the directory `path` was made and is empty.
struct Gitlink {
  std::string path;
  git_oid id;
};

class TreeWriter {
 public:
  /// `skip`: paths that are not written.
  TreeWriter(git_repository& repository, Budget& budget, const std::set<std::string>& skip);
  /// Writes the whole tree into `target`. Returns its submodules. Errors: git, io, disk_full,
  /// limit.
  Result<std::vector<Gitlink>> write(const git_tree& tree, const Fd& target);

 private:
  Result<void> write_directory(const git_tree& tree, const Fd& target, const std::string& prefix,
                               int depth);
  Result<void> write_entry(const git_tree_entry& entry, const Fd& target, const std::string& path,
                           int depth);
  Result<void> write_subtree(const git_tree_entry& entry, const Fd& target, const std::string& path,
                             int depth);
  Result<void> write_blob(const git_tree_entry& entry, const Fd& target, const std::string& path);

  git_repository& repository_;
  Budget& budget_;
  const std::set<std::string>& skip_;
  Odb odb_;
  std::vector<Gitlink> gitlinks_;
};

}  // namespace melisai::git
