#include "core/git/repository.h"

#include "core/base/units.h"

namespace melisai::git {
namespace {

constexpr Bytes kFileBytesMax = 1 << 20;

}  // namespace

Result<Repository> open_repository(const std::string& directory) {
  Repository repository;
  const int rc = git_repository_open_ext(repository.out(), directory.c_str(), 0, nullptr);
  if (rc == 0) return repository;
  if (rc != GIT_ENOTFOUND || git_error_last()->klass != GIT_ERROR_REPOSITORY) {
    return last_error("the git repository at " + directory);
  }
  git_error_clear();
  return Error{
      Errc::git,
      directory +
          " is not inside a git repository: run melisai-gate in a clone, or name one with -C DIR"};
}

std::string worktree(git_repository& repository) {
  const char* path = git_repository_workdir(&repository);
  std::string text = path != nullptr ? path : "";
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

Result<std::optional<std::string>> read_file(git_repository& repository, const std::string& sha,
                                             const std::string& path) {
  MELISAI_TRY(const Commit commit, find_commit(repository, sha));
  Tree tree;
  if (git_commit_tree(tree.out(), commit.get()) != 0) return last_error("tree of " + sha);
  TreeEntry entry;
  const int rc = git_tree_entry_bypath(entry.out(), tree.get(), path.c_str());
  if (rc == GIT_ENOTFOUND) {
    git_error_clear();
    return std::optional<std::string>();
  }
  const std::string where = path + " at " + sha;
  if (rc != 0) return last_error(where);
  const git_filemode_t mode = git_tree_entry_filemode(entry.get());
  if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE) {
    // Of this commit for ever: nobody has to try again.
    return Error{Errc::usage,
                 where + " is not a regular file: replace the link or directory by a file"};
  }
  Odb odb;
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_repository_odb(odb.out(), &repository) != 0 ||
      git_odb_read_header(&size, &type, odb.get(), git_tree_entry_id(entry.get())) != 0) {
    return last_error(where);
  }
  if (size > kFileBytesMax) {
    return Error{Errc::limit,
                 where + " has " + std::to_string(size) + " bytes; at most 1 MiB is read"};
  }
  Blob blob;
  if (git_blob_lookup(blob.out(), &repository, git_tree_entry_id(entry.get())) != 0)
    return last_error(where);
  return std::optional<std::string>(std::in_place,
                                    static_cast<const char*>(git_blob_rawcontent(blob.get())),
                                    static_cast<size_t>(git_blob_rawsize(blob.get())));
}

}  // namespace melisai::git
