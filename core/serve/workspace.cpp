#include "core/serve/workspace.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/text.h"
#include "core/run/run.h"

namespace melisai::serve {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

Error unfit(const std::string& path, const std::string& why) {
  return {Errc::config, "the workspace " + in_quotes(path) + " " + why +
                            "; name a directory of your own in orchestrator.workspace"};
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
  if ((status.st_mode & kOthers) == 0 || fchmod(directory.get(), S_IRWXU) == 0) return {};
  return error_from_errno(errno, "the workspace " + in_quotes(path));
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
