// Pinned: the configuration that a run keeps, whatever becomes of the files: the commit's pipeline
// file and the operator's.
#pragma once

#include <string>

#include "core/base/result.h"

namespace melisai::serve {

struct Pinned {
  std::string pipeline_file;  ///< text; "" when the commit has none
  std::string serve_file;     ///< text
  bool operator==(const Pinned&) const = default;
};
std::string to_json(const Pinned& pinned);
Result<Pinned> pinned_from_json(const std::string& text);  ///< errors: parse

}  // namespace melisai::serve
