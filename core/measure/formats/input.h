// Bytes of a result in chunks: a file is never in memory as a whole.
#pragma once

#include <string>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace melisai::formats {

class Input {
 public:
  /// What detection sees; also the size of a chunk.
  static constexpr std::size_t kHeadBytes = 256 << 10;

  /// `text` must outlive the input, which gives it out in chunks of at most `chunk_bytes`.
  Input(std::string_view text, std::string source, std::size_t chunk_bytes = std::string::npos);
  /// `path`: "-" for standard input. Links and pipes are followed: it is the caller's own file.
  /// Errors: not_found, io.
  static Result<Input> open(const std::string& path);

  /// The first bytes, without taking them; less than kHeadBytes only at the end. Valid until the
  /// first next(), which must not have been called. A file of UTF-16 is refused. Errors: io,
  /// interrupted, parse.
  Result<std::string_view> head();
  /// Leaves out the first `count` bytes of what head() shows, from there on too; before the first
  /// next().
  void skip(std::size_t count);
  std::size_t lines_skipped() const { return lines_skipped_; }  ///< line breaks in what skip() left
  /// The next bytes, valid until the next call; "" at the end. Errors: as above.
  Result<std::string_view> next();
  const std::string& source() const { return source_; }

 private:
  Input() = default;
  Result<void> fill();
  Result<std::string_view> take();
  Result<std::string_view> at_start(std::string_view bytes) const;

  std::string source_;
  std::string_view text_;  ///< in memory, what is not yet given out
  std::size_t chunk_bytes_ = kHeadBytes;
  Fd fd_{-1};
  bool is_file_ = false;
  bool has_head_ = false;  ///< buffer_ holds what head() showed and next() has to give out
  bool at_end_ = false;    ///< of the file
  bool at_start_ = true;
  std::size_t skipped_ = 0, lines_skipped_ = 0;
  std::string buffer_;
};

}  // namespace melisai::formats
