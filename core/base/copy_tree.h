// Copies files that strangers wrote from one directory to another. Never through a link, neither in
// what is copied nor on the way there.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

struct CopyTask {
  std::string from;  ///< absolute directory
  std::string to;    ///< absolute directory
  std::string path;  ///< below both: relative, without "." and ".."
  Bytes bytes_max;
};

/// Copies the file, the link or the tree at `path`; makes the directories above it. Modes and times
/// are kept, and blocks are shared where the file system can. What exists already stays as it is;
/// what is no file, link or directory is left out. Returns the bytes of the files. Errors:
/// not_found (there is nothing to copy), limit, io (also when a link is on the way), disk_full. An
/// error leaves a part.
Result<Bytes> copy_tree(const CopyTask& task);

}  // namespace melisai
