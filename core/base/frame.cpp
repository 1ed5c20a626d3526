#include "core/base/frame.h"

namespace melisai {
namespace {

constexpr std::size_t kLengthBytes = 4;

std::size_t length_at(std::string_view bytes) {
  std::size_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;)
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

}  // namespace

std::string frame_of(std::string_view body) {
  MELISAI_ASSERT(body.size() <= kFrameBytesMax);
  std::string frame;
  frame.reserve(kLengthBytes + body.size());
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    frame += static_cast<char>(body.size() >> (8 * i) & 0xFF);
  frame += body;
  return frame;
}

void FrameReader::add(std::string_view bytes) {
  // What was read goes away here and not in next(): many small frames would move the rest often.
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += bytes;
}

Result<std::optional<std::string>> FrameReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (rest.size() < kLengthBytes) return std::optional<std::string>();
  const std::size_t length = length_at(rest);
  if (length > kFrameBytesMax)
    return Error{Errc::limit, "a frame announces " + std::to_string(length) +
                                  " bytes; at most 1 MiB (" + std::to_string(kFrameBytesMax) +
                                  ") may follow. Are these frames at all?"};
  if (rest.size() - kLengthBytes < length) return std::optional<std::string>();
  at_ += kLengthBytes + length;
  return std::optional<std::string>(rest.substr(kLengthBytes, length));
}

}  // namespace melisai
