// WorkDirectory: STATE_DIR/runs/<id>, the private scratch space of one check. What a killed gate
// left there is removed by the next.
#pragma once

#include <string>
#include <string_view>

#include "core/base/file_lock.h"
#include "core/base/result.h"

namespace melisai::run {

class WorkDirectory {
 public:
  /// Removes directories of dead processes first. Errors: disk_full, io.
  static Result<WorkDirectory> make(const std::string& state_dir, std::string_view random_hex);
  /// Removes directories of dead processes.
  static void sweep(const std::string& state_dir);
  WorkDirectory(WorkDirectory&& other) noexcept = default;
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  ~WorkDirectory();
  const std::string& path() const { return path_; }
  void keep() { keep_ = true; }

 private:
  WorkDirectory(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileLock lock_;
  bool keep_ = false;
};

}  // namespace melisai::run
