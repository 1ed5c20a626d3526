// GitRepo: what a check needs from a repository, and RemoteRepo: what a daemon needs from a server
// (seams; tests/fakes/fake_git_repo.h, fake_remote_repo.h). The real ones ask melisai-gate-git, a
// helper process that owns libgit2, so that a silent server or a hostile object can be killed at a
// deadline. Nothing here runs hooks or filters, reads the user's git configuration, or passes text
// to a shell or to git's CLI.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/interrupt.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

class SpareHelper;

struct RemoteAddress {
  std::string url;
  /// Sent to the https server of `url` alone when it asks for a password, also to a plain http one
  /// of this machine; never to where it redirects to.
  std::string token = "";
  std::string proposal = "";  ///< is_proposal_head(); told of too. "": none
  bool operator==(const RemoteAddress&) const = default;
};

struct GitOptions {
  bool allow_http =
      false;  ///< plain http for submodules and remotes; file, https and ssh are always allowed
  bool submodules = false;  ///< check submodules out too
  Milliseconds timeout{120'000};
  /// Where a repository came from that does not say so itself, as a mirror. Relative addresses of
  /// submodules start there; those of the same server get its token, and no others.
  RemoteAddress origin = {};

  bool operator==(const GitOptions&) const = default;
};

/// A commit between two others.
struct GitCommit {
  std::string sha;
  std::vector<std::string> parents;  ///< shas, the first parent first
  std::string subject;  ///< first line of the message, safe to print, at most 120 bytes; may be ""
  bool operator==(const GitCommit&) const = default;
};

inline constexpr std::size_t kCommitsBetweenMax = 10'000;
inline constexpr std::size_t kFirstParentsMax = 50'000;
inline constexpr Bytes kPatchBytesMax = 1 << 20;
inline constexpr std::size_t kPatchFilesMax = 1'000;

/// A change that somebody proposes for a commit.
struct PatchRequest {
  std::string sha;      ///< the commit
  std::string file;     ///< absolute; the patch, as `git diff` prints it
  std::string message;  ///< of the new commit
  std::string ref;      ///< "refs/melisai-gate/...", which the new commit gets
};
inline constexpr std::size_t kChangedPathsMax = 10'000;
inline constexpr Bytes kChangedPathsBytesMax = 1 << 20;  ///< of all paths together

class GitRepo {
 public:
  virtual ~GitRepo() = default;
  /// Full hex id of the commit that `ref` names (branch, tag, remote branch, sha, HEAD~2 ...).
  /// Errors: git, not_found with near names ("did you mean").
  virtual Result<std::string> resolve(const std::string& ref) = 0;
  /// Errors: git; says so when the repository is shallow and how to deepen it.
  virtual Result<std::string> merge_base(const std::string& sha_a, const std::string& sha_b) = 0;
  /// Commits that `bad_sha` can reach and `good_sha`, one of its ancestors, cannot; parents before
  /// children, the bad commit last. Errors: usage when good is bad or no ancestor of it (names
  /// their merge base); git when the clone is shallow (says how to deepen it); limit above
  /// kCommitsBetweenMax.
  virtual Result<std::vector<GitCommit>> commits_between(const std::string& good_sha,
                                                         const std::string& bad_sha) = 0;
  /// Paths, as bytes, that are not the same in both commits: of files, links and submodules,
  /// sorted; of a renamed one both. Errors: git, when a commit is not in the clone; limit above
  /// kChangedPathsMax or kChangedPathsBytesMax.
  virtual Result<std::vector<std::string>> changed_paths(const std::string& base_sha,
                                                         const std::string& sha) = 0;
  /// `sha`, its first parent, that one's first parent, and so on: to the first commit, the edge of
  /// a shallow clone, or kFirstParentsMax of them. Errors: git, when `sha` is not in the clone.
  virtual Result<std::vector<std::string>> first_parents(const std::string& sha) = 0;
  /// Short name of the branch that changes are measured against: origin/HEAD, else
  /// init.defaultBranch's usual names main, master, trunk, develop (local, then origin/). Errors:
  /// not_found.
  virtual Result<std::string> default_branch() = 0;
  /// Short name of the branch that is checked out, "" when HEAD is detached. Errors: git.
  virtual Result<std::string> branch() = 0;
  /// Short name of the nearest tag that matches `glob` on a proper ancestor of `sha`. Errors:
  /// not_found, git.
  virtual Result<std::string> last_tag(const std::string& glob, const std::string& sha) = 0;
  /// Content of a regular file at a commit, or nothing when the commit has no such file. At most 1
  /// MiB. Errors: git, limit; usage, for a link or a directory of that name.
  virtual Result<std::optional<std::string>> read_file(const std::string& sha,
                                                       const std::string& path) = 0;
  /// Writes the commit's files into `dir`, which must exist and be empty. Errors: git, disk_full.
  virtual Result<void> checkout(const std::string& sha, const std::string& dir) = 0;
  /// Writes HEAD plus every uncommitted change (untracked, not ignored files too) into `dir`; the
  /// work tree is only read.
  virtual Result<void> checkout_worktree(const std::string& dir) = 0;
  /// A commit with that patch on top of another; its sha. No branch, index or work tree is touched.
  /// Errors: usage, for a patch that cannot be read, does not fit, changes nothing, makes anything
  /// but files, or names paths outside of the tree; limit; git; disk_full.
  virtual Result<std::string> commit_patch(const PatchRequest& request) = 0;
  /// Absolute path of the work tree ("" for a bare repository).
  virtual Result<std::string> worktree() = 0;
};

/// A branch or tag of a server, or a proposal that was asked for.
struct RemoteRef {
  std::string name;  ///< full: "refs/heads/main"
  std::string sha;   ///< the commit; of an annotated tag the one that it stands for
  bool operator==(const RemoteRef&) const = default;
};

inline constexpr std::size_t kRemoteRefsMax = 100'000;

/// Where a forge keeps the head of a pull request: refs/pull/N/head, refs/merge-requests/N/head.
/// Only such refs are asked for and fetched besides branches and tags.
bool is_proposal_head(std::string_view ref);

struct FetchRequest {
  std::string url;
  std::string directory;      ///< a bare repository of this program, made when it is missing
  std::string sha;            ///< the commit that is needed
  std::string token = "";     ///< as of RemoteAddress
  std::string proposal = "";  ///< is_proposal_head(); brought too, under a name that no branch has
};

/// Addresses are https, ssh, a local path or file://, with GitOptions::allow_http also http. Any
/// number of objects and processes may use one directory.
class RemoteRepo {
 public:
  virtual ~RemoteRepo() = default;
  /// All branches and tags, by name; empty for a repository without commits. Left out is what no
  /// configuration could name: names that are invalid, not UTF-8 or longer than 1,000 bytes.
  /// Errors: git, timeout; limit above kRemoteRefsMax.
  virtual Result<std::vector<RemoteRef>> refs(const RemoteAddress& address) = 0;
  /// Brings all branches and tags with their histories, unless the commit is there already. What
  /// the server deleted stays, except where its name is in the way of a new one. Errors: git (also
  /// when no branch or tag holds the commit), timeout, limit, disk_full.
  virtual Result<void> fetch(const FetchRequest& request) = 0;
  /// The same, and then that file of the commit, as GitRepo::read_file() has it, by one process:
  /// whoever waits for a new commit waits for the start of each. Errors: those of both.
  virtual Result<std::optional<std::string>> fetch_file(const FetchRequest& request,
                                                        const std::string& path) = 0;
};

/// Absolute path of melisai-gate-git, and the one that is started already, if somebody cares for
/// one.
struct GitProgram {
  std::string path;
  std::shared_ptr<SpareHelper> spare = nullptr;
};
/// `keep`: as of SpareHelper.
std::shared_ptr<SpareHelper> make_spare_git(const std::string& path, bool keep);

std::unique_ptr<RemoteRepo> make_remote_repo(GitProgram program, GitOptions options,
                                             const Interrupt& interrupt);

/// `directory`: inside a work tree, or a bare repository.
std::unique_ptr<GitRepo> make_git_repo(GitProgram program, std::string directory,
                                       GitOptions options, const Interrupt& interrupt);

}  // namespace melisai
