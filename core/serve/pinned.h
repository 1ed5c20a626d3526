// Pinned: the configuration that a run keeps, whatever becomes of the files: the commit's pipeline
// file, the operator's, and stored workflows.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace melisai::serve {

struct Pinned {
  std::string pipeline_file;  ///< text; "" when the commit has none
  std::string serve_file;     ///< text
  /// Texts of the stored workflows that runs of the event are steps of, and of those in them.
  std::vector<std::string> workflows = {};
  bool operator==(const Pinned&) const = default;
};
std::string to_json(const Pinned& pinned);
Result<Pinned> pinned_from_json(const std::string& text);  ///< errors: parse

}  // namespace melisai::serve
