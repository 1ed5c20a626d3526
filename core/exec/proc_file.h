// Small reads from /proc and the cgroup file system without the heap.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace melisai::exec {

/// Reads the start of a file into `buffer`, null-terminated. Returns the bytes read, -1 when it
/// cannot be read.
ssize_t read_text(const char* path, char* buffer, std::size_t capacity);

/// Reads a file line by line; lines longer than the buffer are skipped.
class LineReader {
 public:
  explicit LineReader(const char* path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  /// The next line without its end, or nullptr. Valid until the next call.
  char* next();

 private:
  bool fill();
  int fd_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  char buffer_[8192];
};

/// Reads the numbers of a file like cgroup.procs (one a line) or /proc/<pid>/task/<tid>/children
/// (all on one line).
class NumberReader {
 public:
  explicit NumberReader(const char* path);
  ~NumberReader();
  NumberReader(const NumberReader&) = delete;
  NumberReader& operator=(const NumberReader&) = delete;
  bool next(pid_t& number);

 private:
  bool next_byte(char& byte);
  int fd_;
  ssize_t begin_ = 0;
  ssize_t end_ = 0;
  char buffer_[1024];
};

}  // namespace melisai::exec
