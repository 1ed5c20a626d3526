// Submodules of a checkout: fetched at the commit that the tree records, into the empty directories
// that it left for them.
#pragma once

#include <string>
#include <vector>

#include "core/git/checkout.h"
#include "core/git/tree_writer.h"
#include "core/git/url.h"

namespace melisai::git {

/// One object per checkout; the limits (100 submodules, 8 levels) are those of the whole checkout.
class SubmoduleWriter {
 public:
  /// `root` is open on the task's directory, in which fetched repositories lie until the end: a
  /// process that is killed then leaves nothing outside of what its caller removes.
  SubmoduleWriter(const Fd& root, Budget& budget, const CheckoutTask& task);
  /// `links`: what TreeWriter returned for `tree` of `repository`. Errors: git, io, disk_full,
  /// limit.
  Result<void> write(git_repository& repository, const git_tree& tree,
                     const std::vector<Gitlink>& links);

 private:
  struct Parent {
    git_repository& repository;
    const git_tree& tree;
    const std::vector<Gitlink>& links;
    std::string url;     ///< that relative addresses start from
    std::string prefix;  ///< "" or "path/of/parent/"
    int depth = 0;
  };
  Result<void> write_children(const Parent& parent);
  Result<void> write_child(const Parent& parent, const Gitlink& link, const std::string& url);

  const Fd& root_;
  std::string directory_;
  Budget& budget_;
  RemoteAddress origin_;
  UrlPolicy policy_;
  std::string scratch_;
  int count_ = 0;
};

}  // namespace melisai::git
