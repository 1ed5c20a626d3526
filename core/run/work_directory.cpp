#include "core/run/work_directory.h"

#include <filesystem>
#include <system_error>

#include "core/base/files.h"
#include "core/base/log.h"

namespace melisai::run {
namespace {

constexpr const char* kLockName = "/lock";
constexpr const char* kKeptName = "/kept";  // --keep: not ours to remove any more

void remove_abandoned(const std::string& parent) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
    const std::string directory = entry.path().native();
    if (std::filesystem::exists(directory + kKeptName, error)) continue;
    const auto lock = FileLock::try_take(directory + kLockName);
    if (!lock) continue;
    if (const auto removed = remove_tree(directory); !removed) log_warning(removed.error().message);
  }
}

}  // namespace

Result<WorkDirectory> WorkDirectory::make(const std::string& state_dir,
                                          std::string_view random_hex) {
  const std::string parent = state_dir + "/runs";
  MELISAI_CHECK(make_directories(parent, {.private_mode = true}));
  remove_abandoned(parent);
  const std::string path = parent + "/" + std::string(random_hex);
  MELISAI_CHECK(make_directories(path, {.private_mode = true}));
  auto lock = FileLock::try_take(path + kLockName);
  if (!lock)
    return Error{Errc::io, path + " cannot be locked; check the permissions of --state-dir"};
  return WorkDirectory(path, *std::move(lock));
}

WorkDirectory::~WorkDirectory() {
  if (path_.empty()) return;
  const auto done = keep_ ? write_file(path_ + kKeptName, "") : remove_tree(path_);
  if (!done) log_warning(done.error().message);
}

}  // namespace melisai::run
