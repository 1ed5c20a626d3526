// Brings a tree in which an earlier commit was built to another commit, for incremental builds:
// files that are the same keep their times, so that a build tool sees what changed; what the build
// made stays.
#pragma once

#include <string>

#include "core/base/result.h"

namespace melisai::run {

struct Renewal {
  std::string from;  ///< absolute; a checkout of the commit, in the same file system; used up
  std::string to;    ///< absolute; the tree, or an empty directory
  std::string list;  ///< absolute; names the files of the earlier commit, then those of this one
};

/// Files of the earlier commit that this one does not have are removed; what a stage put in the
/// place of a file or directory of this one is replaced. Never through a link in the tree. Errors:
/// io, disk_full, limit; the tree is of no use then.
Result<void> renew_tree(const Renewal& renewal);

}  // namespace melisai::run
