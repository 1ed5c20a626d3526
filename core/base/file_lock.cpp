#include "core/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace melisai {

/// Whoever removes a locked directory removes the lock's file with it: a lock on a file that is no
/// longer at `path` protects nothing.
static bool is_file_at(int fd, const std::string& path) {
  struct stat held {
  }, there{};
  return fstat(fd, &held) == 0 && stat(path.c_str(), &there) == 0 && held.st_dev == there.st_dev &&
         held.st_ino == there.st_ino;
}

std::optional<FileLock> FileLock::try_take(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return std::nullopt;
  FileLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 || !is_file_at(fd, path)) return std::nullopt;
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace melisai
