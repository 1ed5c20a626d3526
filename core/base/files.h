// Files and directories with errors as values: whole-file read with a limit, atomic write,
// temporary directory, removal.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

/// Errors: not_found, io, limit (longer than `bytes_max`). Refuses anything but a regular file;
/// never follows a final link (O_NOFOLLOW), since benchmarks of strangers write what we read.
Result<std::string> read_file(const std::string& path, Bytes bytes_max);

/// Writes to a temporary file beside `path`, syncs it, then renames: readers see the old or the new
/// content, also after a crash. A link at `path` is replaced, not followed. Mode 0600 when
/// `private_mode`. Errors: disk_full, not_found (no such directory), io.
struct FileOptions {
  bool private_mode = false;
};
Result<void> write_file(const std::string& path, std::string_view content,
                        FileOptions options = {});

/// Creates the directory and its parents (mode 0700 for new ones when `private_mode`). Errors:
/// disk_full, io.
struct DirectoryOptions {
  bool private_mode = false;
};
Result<void> make_directories(const std::string& path, DirectoryOptions options = {});

/// Removes a file, a link or a tree of any depth, never following links, also where a benchmark
/// made directories read-only. Removes what it can and reports the first thing that stayed; other
/// file systems mounted inside stay. Nothing there is fine. Errors: io.
Result<void> remove_tree(const std::string& path);

/// At most the last `bytes_max` bytes of a regular file, from the start of a line where there is
/// one; "" when it cannot be read.
std::string file_tail(const std::string& path, Bytes bytes_max);
/// As file_tail(), but from wherever that is.
std::string file_end(const std::string& path, Bytes bytes_max);

/// A new private directory under `parent`, removed by the destructor unless keep() was called.
/// Errors: not_found, disk_full, io.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make(const std::string& parent, const std::string& prefix);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }
  void keep() { keep_ = true; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
  bool keep_ = false;
};

}  // namespace melisai
