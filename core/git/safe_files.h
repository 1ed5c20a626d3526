// Files written from, and read for, names that strangers chose. Everything is relative to an open
// directory, one name at a time, never through a link; nothing that exists is overwritten.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::git {

/// A file descriptor with one owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept;
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// Refuses names that leave their directory or make git believe it found a repository: "", ".",
/// "..", ".git" in any case, and names with '/'. Errors: git.
Result<void> check_name(std::string_view name);

/// Opens the directory itself; a link to one is fine, since the caller named it. Errors: io,
/// not_found.
Result<Fd> open_directory(const std::string& path);

/// Opens a directory below `root`; `path` uses '/', "" is root. Errors: io, not_found; io when a
/// link is on the way.
Result<Fd> open_directory_below(const Fd& root, std::string_view path);

/// As above, and makes what is missing. Errors: git (a forbidden name), io, disk_full.
Result<Fd> make_directories_below(const Fd& root, std::string_view path);

/// Errors: io (also when the name exists), disk_full.
Result<Fd> make_directory(const Fd& parent, const std::string& name);
struct FileContent {
  std::string_view bytes;
  bool executable = false;
};
Result<void> write_new_file(const Fd& parent, const std::string& name, FileContent content);
Result<void> write_new_link(const Fd& parent, const std::string& name, const std::string& target);

/// A copy of a regular file (bytes and owner's exec bit) or link. Returns its size. Errors: io,
/// disk_full, limit (longer than `bytes_max`); git when it is something else, such as a FIFO.
struct CopyTask {
  const Fd& from;
  const Fd& to;
  std::string name;
  Bytes bytes_max;
};
Result<Bytes> copy_entry(const CopyTask& task);

}  // namespace melisai::git
