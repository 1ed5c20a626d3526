// FileLock: an advisory lock that ends with the process, however it ends (flock(2)).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"

namespace melisai {

class FileLock {
 public:
  /// Takes the lock on `path` (created, mode 0600) without waiting; nothing when somebody holds it
  /// or it cannot be opened.
  static std::optional<FileLock> try_take(const std::string& path);
  /// The same, but tells the two apart: nothing when somebody holds it. Errors: not_found, io,
  /// disk_full when it cannot be opened.
  static Result<std::optional<FileLock>> take(const std::string& path);
  /// Of a name that is nobody else's: whoever clears away what was abandoned may hold it for a
  /// moment, or remove it before it is locked, so it is tried for a second. `make_place` runs
  /// before each try. Errors: its own; as of take(); limit when it stays held.
  static Result<FileLock> take_own(const std::string& path,
                                   const std::function<Result<void>()>& make_place);
  /// Whether somebody holds it; false when there is no such file. While it looks nobody can take
  /// it, so that who has to have it tries again. Errors: io, when it cannot be opened.
  static Result<bool> is_held(const std::string& path);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();
  /// Replaces what the file says, for whoever finds it held. A note may outlive its holder. Errors:
  /// io, disk_full.
  Result<void> write_note(std::string_view note);

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace melisai
