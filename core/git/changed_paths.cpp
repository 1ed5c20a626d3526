#include <set>

#include "core/git/repository.h"

namespace melisai::git {
namespace {

struct Found {
  std::set<std::string> paths;
  Bytes bytes = 0;
  bool too_many = false;
};

/// libgit2 calls this for every difference before it keeps it. A few objects can describe more of
/// them than memory holds, so that it ends here.
int note(const git_diff*, const git_diff_delta* delta, const char*, void* payload) {
  Found& found = *static_cast<Found*>(payload);
  for (const char* path : {delta->old_file.path, delta->new_file.path})
    if (path != nullptr && found.paths.insert(path).second)
      found.bytes += static_cast<Bytes>(std::string_view(path).size()) + 1;
  found.too_many = found.paths.size() > kChangedPathsMax || found.bytes > kChangedPathsBytesMax;
  return found.too_many ? GIT_EUSER : 1;  // 1: not kept
}

Result<Tree> tree_of(git_repository& repository, const std::string& sha) {
  MELISAI_TRY(const Commit commit, find_commit(repository, sha));
  Tree tree;
  if (git_commit_tree(tree.out(), commit.get()) != 0) return last_error("commit " + sha);
  return tree;
}

}  // namespace

Result<std::vector<std::string>> changed_paths(git_repository& repository,
                                               const std::string& base_sha,
                                               const std::string& sha) {
  MELISAI_TRY(const Tree base, tree_of(repository, base_sha));
  MELISAI_TRY(const Tree tree, tree_of(repository, sha));
  Found found;
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.notify_cb = note;
  options.payload = &found;
  Diff diff;
  const int rc = git_diff_tree_to_tree(diff.out(), &repository, base.get(), tree.get(), &options);
  if (found.too_many) {
    git_error_clear();
    return Error{Errc::limit, "more than " + std::to_string(kChangedPathsMax) +
                                  " paths or 1 MiB of them changed between " + base_sha + " and " +
                                  sha};
  }
  if (rc != 0) return last_error("changes from " + base_sha + " to " + sha);
  return std::vector<std::string>(found.paths.begin(), found.paths.end());
}

}  // namespace melisai::git
