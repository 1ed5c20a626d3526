// Frames: how collectors and the gate speak (plugins/README.md). A frame is the length of its body
// as four bytes, little endian, then the body, one JSON object in UTF-8 of at most 1 MiB.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai {

inline constexpr std::size_t kFrameBytesMax = 1 << 20;

/// `body` must not be longer than kFrameBytesMax (a programmer error).
std::string frame_of(std::string_view body);

/// Cuts a byte stream into bodies.
class FrameReader {
 public:
  void add(std::string_view bytes);
  /// The next whole body, or nothing yet. Errors: limit, as soon as a length above kFrameBytesMax
  /// is seen; the stream is of no use after that.
  Result<std::optional<std::string>> next();
  bool empty() const { return at_ == buffer_.size(); }  ///< nothing is waiting for its rest

 private:
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace melisai
