// Is a file one that we load or start? Asked before any of its code runs, since loading a library
// runs its constructors. Pure reading.
#pragma once

#include <string>

#include "core/base/result.h"

namespace melisai::worker {

/// A regular file that only root or we can change, in such a directory, and a shared library for
/// this machine. The path with links resolved. Errors: not_found, io, config; each says what to do.
Result<std::string> check_library(const std::string& path);

/// Whether what `fd` holds is a shared library for this machine; `path` is its name in errors.
Result<void> check_library_content(int fd, const std::string& path);

/// The same as check_library() for a program: executable, a script with #! or a program for this
/// machine.
Result<std::string> check_program(const std::string& path);

}  // namespace melisai::worker
