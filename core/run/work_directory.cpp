#include "core/run/work_directory.h"

#include <filesystem>
#include <system_error>

#include "core/base/files.h"
#include "core/base/log.h"

namespace melisai::run {
namespace {

// Beside the directory and taken before the directory is made, so that a sweep never finds a living
// directory without its lock.
constexpr const char* kLockSuffix = ".lock";
std::string lock_of(const std::string& directory) { return directory + kLockSuffix; }

constexpr const char* kKeptName = "/kept";  // --keep: not ours to remove any more

Result<void> remove_with_lock(const std::string& directory) {
  MELISAI_CHECK(remove_tree(directory));
  return remove_tree(lock_of(directory));
}

void remove_abandoned(const std::string& parent) {
  std::error_code failed, error;
  for (std::filesystem::directory_iterator entry(parent, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::string directory = entry->path().native();
    if (directory.ends_with(kLockSuffix)) directory.erase(directory.rfind(kLockSuffix));
    if (std::filesystem::exists(directory + kKeptName, error)) continue;
    const auto lock = FileLock::try_take(lock_of(directory));
    if (!lock) continue;
    if (const auto removed = remove_with_lock(directory); !removed)
      log_warning(removed.error().message);
  }
}

}  // namespace

void WorkDirectory::sweep(const std::string& state_dir) { remove_abandoned(state_dir + "/runs"); }

Result<WorkDirectory> WorkDirectory::make(const std::string& state_dir,
                                          std::string_view random_hex) {
  const std::string parent = state_dir + "/runs";
  MELISAI_CHECK(make_directories(parent, {.private_mode = true}));
  remove_abandoned(parent);
  const std::string path = parent + "/" + std::string(random_hex);
  MELISAI_TRY(FileLock lock, FileLock::take_own(lock_of(path), [] { return Result<void>(); }));
  MELISAI_CHECK(make_directories(path, {.private_mode = true}));
  return WorkDirectory(path, std::move(lock));
}

WorkDirectory::~WorkDirectory() {
  if (path_.empty()) return;
  const auto done = keep_ ? write_file(path_ + kKeptName, "") : remove_with_lock(path_);
  if (!done) log_warning(done.error().message);
}

}  // namespace melisai::run
