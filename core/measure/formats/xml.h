// XML as events with limits: depth, length of a text. Document types and entities are refused: no
// benchmark tool writes them, and bombs are made of them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

using XmlAttributes = std::map<std::string, std::string, std::less<>>;

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  // An Error ends the reading; its message gets the place.
  virtual Result<void> begin(const std::string& element, const XmlAttributes& attributes) = 0;
  /// `text`: directly inside the element, all of it together, without blanks before its elements.
  virtual Result<void> end(const std::string& element, const std::string& text) = 0;
};

/// Errors: parse, limit with FILE:LINE:COLUMN; those of Input::next().
Result<void> read_xml(Input& input, const Limits& limits, XmlHandler& handler);

}  // namespace melisai::formats
