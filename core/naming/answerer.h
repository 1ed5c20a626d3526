// What melisai-gate-symbols does: a request in, its answer out, with one Symbolizer for all of
// them. Reads files that may be hostile. Private to core/naming.
#pragma once

#include <string>
#include <string_view>

#include "core/naming/wire.h"

namespace melisai::naming {

class Answerer {
 public:
  explicit Answerer(symbols::Roots roots = {}) : symbolizer_(std::move(roots)) {}
  /// What is no request, or asks for too much, is answered with "failed".
  std::string answer(std::string_view text);

 private:
  Result<std::string> names(const Request& request);
  Result<std::string> line_of(symbols::FrameId place);

  symbols::Symbolizer symbolizer_;
  symbols::FrameId places_end_ = 0;  ///< past those that were told
};

}  // namespace melisai::naming
