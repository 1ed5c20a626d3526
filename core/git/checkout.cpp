#include "core/git/checkout.h"

#include <dirent.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <set>

#include "core/git/repository.h"
#include "core/git/submodules.h"
#include "core/git/tree_writer.h"
#include "core/git/worktree_changes.h"

namespace melisai::git {
namespace {

using CString = Handle<char, std::free>;
using Directory = Handle<DIR, closedir>;

bool is_inside(const std::string& path, std::string root) {
  if (root.empty()) return false;
  if (root.back() != '/') root += '/';
  return (path + "/").starts_with(root);
}

bool is_empty(const std::string& path) {
  const Directory directory(opendir(path.c_str()));
  if (directory.get() == nullptr) return false;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return false;
  }
  return true;
}

/// The target, open. Inside the work tree a build would find the user's files above its own, and
/// the user would find ours.
Result<Fd> open_target(git_repository& repository, const std::string& directory) {
  MELISAI_TRY(Fd target, open_directory(directory));
  const CString real(realpath(directory.c_str(), nullptr));
  if (real.get() == nullptr) return error_from_errno(errno, directory);
  for (const std::string& own :
       {worktree(repository), std::string(git_repository_commondir(&repository))}) {
    if (is_inside(real.get(), own)) {
      return Error{Errc::git, "the checkout directory " + directory +
                                  " lies inside the repository " + own +
                                  ": name another place with --state-dir"};
    }
  }
  if (!is_empty(directory)) {
    return Error{Errc::git,
                 "the checkout directory " + directory + " is not empty: name an empty one"};
  }
  return target;
}

struct Target {
  const Fd& root;
  const CheckoutTask& task;
  Budget& budget;
};

Result<Tree> tree_of(git_repository& repository, const std::string& sha) {
  MELISAI_TRY(const Commit commit, find_commit(repository, sha));
  Tree tree;
  if (git_commit_tree(tree.out(), commit.get()) != 0) return last_error("tree of " + sha);
  return tree;
}

Result<void> write_tree(git_repository& repository, const Tree& tree, const Target& target,
                        const std::set<std::string>& skip) {
  TreeWriter writer(repository, target.budget, skip);
  MELISAI_TRY(const std::vector<Gitlink> links, writer.write(*tree, target.root));
  if (!target.task.submodules) return {};
  SubmoduleWriter submodules(target.root, target.budget, target.task);
  return submodules.write(repository, *tree, links);
}

}  // namespace

Result<void> checkout(git_repository& repository, const std::string& sha,
                      const CheckoutTask& task) {
  MELISAI_TRY(const Tree tree, tree_of(repository, sha));
  MELISAI_TRY(const Fd root, open_target(repository, task.directory));
  Budget budget;
  return write_tree(repository, tree, {.root = root, .task = task, .budget = budget}, {});
}

Result<void> checkout_worktree(git_repository& repository, const CheckoutTask& task) {
  const std::string source = worktree(repository);
  if (source.empty()) {
    return Error{Errc::git, "a bare repository has no work tree: name a commit with --head"};
  }
  MELISAI_TRY(const std::string sha, resolve(repository, "HEAD"));
  MELISAI_TRY(const Tree head, tree_of(repository, sha));
  MELISAI_TRY(const Fd root, open_target(repository, task.directory));
  MELISAI_TRY(const WorktreeChanges changes, find_changes(repository, *head));
  Budget budget;
  MELISAI_CHECK(
      write_tree(repository, head, {.root = root, .task = task, .budget = budget}, changes.paths));
  MELISAI_TRY(const Fd from, open_directory(source));
  return copy_changes(changes, {.from = from, .to = root, .budget = budget});
}

}  // namespace melisai::git
