#include "core/git/mirror.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>

#include "core/base/fd.h"
#include "core/base/files.h"

namespace melisai::git {
namespace {

namespace fs = std::filesystem;

/// Waits for whoever fetches now; ends with the descriptor.
Result<Fd> lock(const std::string& directory) {
  MELISAI_CHECK(make_directories(fs::path(directory).parent_path(), {.private_mode = true}));
  const std::string path = directory + ".lock";
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0 || flock(fd.get(), LOCK_EX) != 0) return error_from_errno(errno, path);
  return fd;
}

/// What a fetch leaves when it is killed: its locks would stop every later one, and its unfinished
/// packs fill the disk. Branches and tags cannot be called so.
bool is_left_over(const fs::path& path) {
  return path.extension() == ".lock" ||
         path.filename().string().find("_git2_") != std::string::npos;
}

Result<void> remove_left_overs(const std::string& directory) {
  std::error_code error;
  for (const char* part : {"", "refs", "objects/pack"}) {
    fs::recursive_directory_iterator entry(fs::path(directory) / part, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (*part == '\0') entry.disable_recursion_pending();
      if (is_left_over(entry->path())) MELISAI_CHECK(remove_tree(entry->path()));
    }
  }
  return {};
}

}  // namespace

Result<Repository> update_mirror(const FetchTask& task) {
  MELISAI_TRY(const Fd lock_held, lock(task.directory));
  MELISAI_CHECK(remove_left_overs(task.directory));
  return fetch_commit(task);
}

}  // namespace melisai::git
