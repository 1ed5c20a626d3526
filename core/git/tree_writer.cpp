#include "core/git/tree_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <climits>

namespace melisai::git {

TreeWriter::TreeWriter(git_repository& repository, Budget& budget,
                       const std::set<std::string>& skip)
    : repository_(repository), budget_(budget), skip_(skip) {}

Result<std::vector<Gitlink>> TreeWriter::write(const git_tree& tree, const Fd& target) {
  if (git_repository_odb(odb_.out(), &repository_) != 0)
    return last_error("objects of the repository");
  gitlinks_.clear();
  MELISAI_CHECK(write_directory(tree, target, "", 0));
  return std::move(gitlinks_);
}

Result<void> TreeWriter::write_directory(const git_tree& tree, const Fd& target,
                                         const std::string& prefix, int depth) {
  if (depth > budget_.limits().depth) {
    return Error{Errc::limit, "directories are nested more than " +
                                  std::to_string(budget_.limits().depth) + " deep"};
  }
  const size_t count = git_tree_entrycount(&tree);
  for (size_t i = 0; i < count; ++i) {
    const git_tree_entry& entry = *git_tree_entry_byindex(&tree, i);
    MELISAI_CHECK(check_name(git_tree_entry_name(&entry)));
    const std::string path = prefix + git_tree_entry_name(&entry);
    if (skip_.contains(path)) continue;
    MELISAI_CHECK(write_entry(entry, target, path, depth));
  }
  return {};
}

Result<void> TreeWriter::write_entry(const git_tree_entry& entry, const Fd& target,
                                     const std::string& path, int depth) {
  switch (git_tree_entry_filemode(&entry)) {
    case GIT_FILEMODE_TREE: return write_subtree(entry, target, path, depth);
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
    case GIT_FILEMODE_LINK: return write_blob(entry, target, path);
    case GIT_FILEMODE_COMMIT: {
      MELISAI_CHECK(budget_.take(0, path));
      MELISAI_CHECK(make_directory(target, git_tree_entry_name(&entry)));
      gitlinks_.push_back({path, *git_tree_entry_id(&entry)});
      return {};
    }
    default: return Error{Errc::git, path + " has a file mode that git does not know"};
  }
}

Result<void> TreeWriter::write_subtree(const git_tree_entry& entry, const Fd& target,
                                       const std::string& path, int depth) {
  const char* name = git_tree_entry_name(&entry);
  Tree tree;
  if (git_tree_lookup(tree.out(), &repository_, git_tree_entry_id(&entry)) != 0)
    return last_error(path);
  MELISAI_CHECK(budget_.take(0, path));
  MELISAI_TRY(const Fd directory, make_directory(target, name));
  MELISAI_CHECK(write_directory(*tree, directory, path + "/", depth + 1));
  // A directory whose files were all skipped is gone, or became a file, in the work tree. Fails
  // when it is not empty.
  if (!skip_.empty()) unlinkat(target.get(), name, AT_REMOVEDIR);
  return {};
}

Result<void> TreeWriter::write_blob(const git_tree_entry& entry, const Fd& target,
                                    const std::string& path) {
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  // The header first: a few bytes of zlib can unpack to terabytes.
  if (git_odb_read_header(&size, &type, odb_.get(), git_tree_entry_id(&entry)) != 0)
    return last_error(path);
  MELISAI_CHECK(budget_.take(size, path));
  Blob blob;
  if (git_blob_lookup(blob.out(), &repository_, git_tree_entry_id(&entry)) != 0)
    return last_error(path);
  const std::string_view bytes(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                               static_cast<size_t>(git_blob_rawsize(blob.get())));
  const git_filemode_t mode = git_tree_entry_filemode(&entry);
  const std::string name = git_tree_entry_name(&entry);
  Result<void> written;
  if (mode != GIT_FILEMODE_LINK) {
    written = write_new_file(target, name,
                             {.bytes = bytes, .executable = mode == GIT_FILEMODE_BLOB_EXECUTABLE});
  } else if (bytes.empty() || bytes.size() >= PATH_MAX ||
             bytes.find('\0') != std::string_view::npos) {
    return Error{Errc::git, path + " is a link whose target no file system accepts"};
  } else {
    written = write_new_link(target, name, std::string(bytes));
  }
  if (!written) return with_context(written.error(), path);
  return {};
}

}  // namespace melisai::git
