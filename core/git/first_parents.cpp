#include "core/git/repository.h"

namespace melisai::git {

Result<std::vector<std::string>> first_parents(git_repository& repository, const std::string& sha) {
  MELISAI_TRY(Commit commit, find_commit(repository, sha));
  std::vector<std::string> line{sha};
  while (line.size() < kFirstParentsMax && git_commit_parentcount(commit.get()) > 0) {
    const git_oid parent = *git_commit_parent_id(commit.get(), 0);
    // A parent that is missing is the edge of a shallow clone.
    if (git_commit_lookup(commit.out(), &repository, &parent) != 0) break;
    line.push_back(to_hex(parent));
  }
  git_error_clear();
  return line;
}

}  // namespace melisai::git
