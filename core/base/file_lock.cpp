#include "core/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "core/base/text.h"

namespace melisai {

/// Whoever removes a locked directory removes the lock's file with it: a lock on a file that is no
/// longer at `path` protects nothing.
static bool is_file_at(int fd, const std::string& path) {
  struct stat held {
  }, there{};
  return fstat(fd, &held) == 0 && stat(path.c_str(), &there) == 0 && held.st_dev == there.st_dev &&
         held.st_ino == there.st_ino;
}

Result<std::optional<FileLock>> FileLock::take(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return error_from_errno(errno, "cannot open the lock " + in_quotes(path));
  FileLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0)
    return is_file_at(fd, path) ? std::optional(std::move(lock)) : std::nullopt;
  if (errno == EWOULDBLOCK || errno == EINTR) return std::optional<FileLock>();
  return error_from_errno(errno, "cannot lock " + in_quotes(path));
}

Result<FileLock> FileLock::take_own(const std::string& path,
                                    const std::function<Result<void>()>& make_place) {
  constexpr int kTriesMax = 100;
  constexpr std::chrono::milliseconds kPause{10};
  for (int tries = 1;; ++tries) {
    MELISAI_CHECK(make_place());
    Result<std::optional<FileLock>> lock = take(path);
    if (lock && *lock) return **std::move(lock);
    const bool may_help = lock || lock.error().code == Errc::not_found;
    if (tries == kTriesMax || !may_help)
      return lock ? Error{Errc::limit, "somebody else holds the lock " + in_quotes(path)}
                  : lock.error();
    std::this_thread::sleep_for(kPause);
  }
}

std::optional<FileLock> FileLock::try_take(const std::string& path) {
  auto lock = take(path);
  return lock ? *std::move(lock) : std::nullopt;
}

Result<bool> FileLock::is_held(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return false;
  if (fd < 0) return error_from_errno(errno, "cannot open the lock " + in_quotes(path));
  const FileLock probe(fd);
  // Shared, so that two who ask do not take each other for its holder.
  if (flock(fd, LOCK_SH | LOCK_NB) == 0) return false;
  if (errno == EWOULDBLOCK || errno == EINTR) return true;
  return error_from_errno(errno, "cannot ask for the lock " + in_quotes(path));
}

Result<void> FileLock::write_note(std::string_view note) {
  if (ftruncate(fd_, 0) != 0) return error_from_errno(errno, "cannot write to a lock");
  const ssize_t written = pwrite(fd_, note.data(), note.size(), 0);
  if (written == static_cast<ssize_t>(note.size())) return {};
  return error_from_errno(written < 0 ? errno : ENOSPC, "cannot write to a lock");
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace melisai
