// The bytes of an Input as an iterator for nlohmann's SAX reader, which counts where it is. Private
// to json_reader.cpp.
#pragma once

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

/// Bare NaN and Infinity become numbers that no tool writes and that JSON allows, because the
/// reader would end at the letters. Words may be cut by chunks.
class NonFiniteFilter {
 public:
  static constexpr std::string_view kNan = "0e-999";
  static constexpr std::string_view kInfinity = "1e-999";
  static constexpr std::string_view kMinusInfinity = "-1e-999";

  /// `is_last`: nothing follows, so that a word at the end of `bytes` is complete.
  std::string filtered(std::string_view bytes, bool is_last);

 private:
  void end_word(std::string& text);

  bool in_string_ = false;
  bool escaped_ = false;
  std::string word_;
};

class JsonBytes {
 public:
  JsonBytes(Input& input, const Limits& limits, bool has_non_finite)
      : input_(input), limits_(limits), has_non_finite_(has_non_finite) {}

  bool at_end() { return next_ == end_ && !fill(); }
  char current() const { return *next_; }
  void step() { ++next_; }
  /// What was read last; '\0' at the start of a chunk.
  char last() const { return next_ == begin_ ? '\0' : next_[-1]; }

  /// What the reader keeps since the last token() may not pass Limits::string_bytes_max. Looked at
  /// once a chunk, so one chunk more may come.
  void token() { token_at_ = offset(); }
  /// Why the bytes ended before the input did; nullptr when they did not.
  const Error* error() const { return failed_ ? &error_ : nullptr; }
  std::string place() const;  ///< "SOURCE:LINE:COLUMN"

 private:
  bool fill();
  bool fail(Error error);
  std::size_t offset() const { return before_ + static_cast<std::size_t>(next_ - begin_); }

  Input& input_;
  const Limits& limits_;
  const bool has_non_finite_;
  NonFiniteFilter filter_;
  std::string filtered_;
  const char* begin_ = nullptr;  ///< of the chunk
  const char* next_ = nullptr;
  const char* end_ = nullptr;
  bool input_ended_ = false;
  std::size_t before_ = 0;        ///< bytes of earlier chunks
  std::size_t lines_before_ = 0;  ///< line breaks in them
  std::size_t line_start_ = 0;    ///< offset of the last line that began in them
  std::size_t token_at_ = 0;
  bool failed_ = false;
  Error error_;
};

struct JsonIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  JsonBytes* bytes = nullptr;  ///< nullptr: the end

  char operator*() const { return bytes->current(); }
  JsonIterator& operator++() {
    bytes->step();
    return *this;
  }
  /// Only ever asked whether this is the end.
  bool operator==(const JsonIterator&) const { return bytes == nullptr || bytes->at_end(); }
  bool operator!=(const JsonIterator& other) const { return !(*this == other); }
};

}  // namespace melisai::formats
