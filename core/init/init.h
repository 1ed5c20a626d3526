// `init`: looks at a source tree and writes a pipeline file, and a workflow for a CI, that work
// there. What is found is a guess from names and texts of files: nothing is run.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai::init {

enum class Ci { none, github, gitlab };

struct InitRequest {
  std::string directory;  ///< absolute; root of the repository
  Ci ci = Ci::none;
  std::string
      action;  ///< "OWNER/melisai-gate@SHA": where the action is, for GitHub; "": a placeholder
  bool force = false;  ///< replaces what is there
};

struct NewFile {
  std::string path;  ///< relative to the directory
  std::string text;
  bool operator==(const NewFile&) const = default;
};

/// What would be written, and what people should know of it.
struct Proposal {
  std::string system;  ///< "CMake"
  std::vector<NewFile> files;
  std::vector<std::string> remarks;  ///< sentences, what to do first
  bool measures = false;             ///< something, as it is
};

/// Errors: usage, when the directory holds no build system that is known, or cannot be read.
Result<Proposal> propose(const InitRequest& request);

/// Writes what propose() says, all or nothing where a file is there already. Errors: usage, naming
/// what is there; disk_full, io.
Result<void> init(const InitRequest& request, const std::function<bool(std::string_view)>& print);

}  // namespace melisai::init
