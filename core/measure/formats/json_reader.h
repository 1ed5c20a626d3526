// JSON as events with limits: depth, length of a text; errors carry FILE:LINE:COLUMN (in bytes).
// Read are also what JSON lacks and tools write: NaN, Infinity and inf, in any case; ".5" and "1.";
// bytes of a string that are no UTF-8, as '?'.
#pragma once

#include <string>

#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

class JsonHandler {
 public:
  virtual ~JsonHandler() = default;
  // An Error ends the reading; its message gets the place. Texts may be moved from.
  virtual Result<void> begin_object() = 0;
  virtual Result<void> begin_array() = 0;
  virtual Result<void> end() = 0;  ///< of the innermost object or array
  virtual Result<void> key(std::string& name) = 0;
  virtual Result<void> string(std::string& text) = 0;
  virtual Result<void> number(double value) = 0;  ///< may be NaN or infinite
  virtual Result<void> boolean(bool value) = 0;
  virtual Result<void> null() = 0;
};

/// Reads exactly one document. Errors: parse, limit with the place; those of Input::next().
Result<void> read_json(Input& input, const Limits& limits, JsonHandler& handler);

}  // namespace melisai::formats
