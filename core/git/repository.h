// Questions about a repository that need no files on disk: which commit, which branch, what does a
// file hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/git.h"
#include "core/git/library.h"

namespace melisai::git {

/// The repository that `directory` lies in (or is, when bare). Errors: git, with what to do about
/// it.
Result<Repository> open_repository(const std::string& directory);

/// Absolute, without a trailing slash; "" for a bare repository.
std::string worktree(git_repository& repository);

/// The commit that `ref` names, also when only origin has such a branch (fresh clones of a CI).
/// Errors: not_found, git.
Result<std::string> resolve(git_repository& repository, const std::string& ref);

/// Errors: git; see GitRepo::merge_base.
Result<std::string> merge_base(git_repository& repository, const std::string& sha_a,
                               const std::string& sha_b);

/// Errors: git, limit; see GitRepo::commits_between.
Result<std::vector<GitCommit>> commits_between(git_repository& repository,
                                               const std::string& good_sha,
                                               const std::string& bad_sha);

/// Errors: git, limit; see GitRepo::changed_paths.
Result<std::vector<std::string>> changed_paths(git_repository& repository,
                                               const std::string& base_sha, const std::string& sha);

/// Errors: git; see GitRepo::first_parents.
Result<std::vector<std::string>> first_parents(git_repository& repository, const std::string& sha);

/// Errors: not_found; see GitRepo::default_branch.
Result<std::string> default_branch(git_repository& repository);

/// Errors: not_found; see GitRepo::last_tag.
Result<std::string> last_tag(git_repository& repository, const std::string& glob,
                             const std::string& sha);

/// Short name of the branch that is checked out, "" when HEAD is detached or has no commit.
std::string branch(git_repository& repository);

/// A regular file of a commit, at most 1 MiB; nothing when the path does not exist. Errors: git,
/// limit.
Result<std::optional<std::string>> read_file(git_repository& repository, const std::string& sha,
                                             const std::string& path);

}  // namespace melisai::git
