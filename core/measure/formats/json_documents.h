// JSON objects among other text, one a line or spread over lines, as cargo's tools print them
// between what the compiler and other tools say.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/measure/formats/formats.h"
#include "core/measure/formats/lines.h"

namespace melisai::formats {

class JsonDocuments {
 public:
  JsonDocuments(Lines& lines, const Limits& limits) : lines_(lines), limits_(limits) {}

  /// The next complete object; nothing at the end. Other text is skipped, and so is an object that
  /// is left unfinished where another starts. Errors: parse, when the text ends within an object;
  /// limit; those of Lines::next().
  Result<std::optional<nlohmann::json>> next();

 private:
  void begin(std::size_t indent);
  Result<void> gather(std::string_view line);
  bool count_braces(std::string_view line);

  Lines& lines_;
  const Limits& limits_;
  std::string text_;       ///< of an object that has begun; "" outside of one
  std::size_t depth_ = 0;  ///< of braces in it
  std::size_t indent_ = 0;
  std::size_t began_at_ = 0;  ///< number of its first line
};

/// All of `text` as one document; nothing when it is none. Errors: limit.
Result<std::optional<nlohmann::json>> json_from(std::string_view text, const Limits& limits);

}  // namespace melisai::formats
