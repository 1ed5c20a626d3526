#include "core/serve/workspace.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/text.h"
#include "core/run/run.h"

namespace melisai::serve {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
constexpr const char* kMark = ".melisai-gate-workspace";  // what is in there is ours to remove

Error unfit(const std::string& path, const std::string& why) {
  return {Errc::config, "the workspace " + in_quotes(path) + " " + why +
                            "; name one that is not there yet in orchestrator.workspace"};
}

bool is_marked(const Fd& directory) {
  struct stat status {};
  return fstatat(directory.get(), kMark, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(status.st_mode) && status.st_uid == geteuid();
}

/// False too when that cannot be told.
bool is_empty(const Fd& directory) {
  const int again = openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const stream = again < 0 ? nullptr : fdopendir(again);
  if (stream == nullptr && again >= 0) close(again);
  if (stream == nullptr) return false;
  bool empty = true;
  for (const dirent* entry = readdir(stream); empty && entry != nullptr; entry = readdir(stream)) {
    const std::string_view name = entry->d_name;
    empty = name == "." || name == ".." || name == kMark;  // another process may be making it too
  }
  closedir(stream);
  return empty;
}

Result<void> mark(const Fd& directory, const std::string& path) {
  const Fd file(openat(directory.get(), kMark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return error_from_errno(errno, "the workspace " + in_quotes(path));
  return {};
}

}  // namespace

std::string workspace_of(const OrchestratorOptions& options, const std::string& state_dir) {
  return options.workspace.empty() ? state_dir + "/workspace" : options.workspace;
}

Result<void> prepare_workspace(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0)
    MELISAI_CHECK(make_directories(path, {.private_mode = true}));
  // From here on of what was opened, whatever happens to the name.
  const Fd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const int error = errno;
  if (directory.get() < 0 && (error == ELOOP || error == ENOTDIR))
    return unfit(path, "is a link or a file, not a directory");
  if (directory.get() < 0 || fstat(directory.get(), &status) != 0)
    return error_from_errno(error, "the workspace " + in_quotes(path));
  if (status.st_uid != geteuid()) return unfit(path, "belongs to another user");
  const bool ours = is_marked(directory);
  if (!ours && !is_empty(directory)) return unfit(path, "holds files of others than melisai-gate");
  if ((status.st_mode & kOthers) != 0)
    return unfit(path, "can be entered by others (chmod 700 changes that)");
  return ours ? Result<void>() : mark(directory, path);
}

void sweep_workspace(const std::string& path) {
  run::WorkDirectory::sweep(path);
  // Their age and size are for the project's own file to say, at the end of each run.
  run::BuildCache(path, {.enabled = true,
                         .size_max = std::numeric_limits<Bytes>::max(),
                         .age_max = std::chrono::days(366)})
      .evict();
}

}  // namespace melisai::serve
