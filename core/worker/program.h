// Becomes a collector program that speaks frames itself.
#pragma once

#include <string>

#include "core/base/result.h"

namespace melisai::worker {

/// Checks the file, drops every capability and executes it with stdin, stdout and stderr as they
/// are, limits kept and a small environment: PATH, LANG=C.UTF-8, HOME. Returns only on failure.
Error become_program(const std::string& path);

}  // namespace melisai::worker
