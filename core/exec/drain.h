// One output stream of the workload: a pipe drained into a file. The head and the last 64 KiB are
// kept, what is between them is counted. A full disk never holds the workload up. Secrets are
// masked before anything is counted or kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/masker.h"

namespace melisai::exec {

class Drain {
 public:
  Drain() = default;
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  /// Creates the file and the pipe. Returns 0 or an errno. An empty path discards everything.
  /// `patterns`: null when there is nothing to mask; else it outlives this.
  int open(const char* path, std::uint64_t output_max, const MaskPatterns* patterns);

  int write_end() const { return write_end_; }  // for the workload
  void close_write_end();
  int read_end() const { return read_end_; }  // -1 after the end of the stream
  void drain();                               // reads once; call when read_end() is readable
  /// Writes what is still held back. No drain() after it.
  void finish();

  std::uint64_t dropped() const { return dropped_; }
  int error() const { return error_; }  // errno of the first failed write, else 0

 private:
  void keep(const char* data, std::size_t size);
  void keep_tail(const char* data, std::size_t size);
  void store(const char* data, std::size_t size);

  static constexpr std::size_t kTailBytes = 64 << 10;
  MaskStream masked_;
  bool masks_ = false;
  int read_end_ = -1;
  int write_end_ = -1;
  int file_ = -1;
  int error_ = 0;
  std::uint64_t head_left_ = 0;
  std::size_t tail_max_ = 0;     // at most kTailBytes
  std::uint64_t tail_seen_ = 0;  // bytes that came after the head
  std::uint64_t dropped_ = 0;
  char tail_[kTailBytes];  // a ring: byte i after the head is at i % tail_max_
};

}  // namespace melisai::exec
