// The bytes of an Input one by one, and where they are. Private to json_reader.cpp.
#pragma once

#include <cstddef>
#include <string>

#include "core/measure/formats/input.h"

namespace melisai::formats {

class JsonChunks {
 public:
  explicit JsonChunks(Input& input) : input_(input), lines_before_(input.lines_skipped()) {}

  /// Call only when all of the chunk is taken; false at the end. Errors: those of Input::next().
  Result<bool> fill();
  /// "SOURCE:LINE:COLUMN" of the byte that comes `back` bytes before the next one, on its line.
  std::string place(std::size_t back) const;

  const char* next = nullptr;  ///< the reader moves it on
  const char* end = nullptr;

 private:
  std::size_t offset() const { return before_ + static_cast<std::size_t>(next - begin_); }

  Input& input_;
  const char* begin_ = nullptr;
  std::size_t before_ = 0;        ///< bytes of earlier chunks
  std::size_t lines_before_ = 0;  ///< line breaks in them
  std::size_t line_start_ = 0;    ///< offset of the last line that began in them
};

}  // namespace melisai::formats
