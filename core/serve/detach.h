// `serve --daemon`: goes on in the background once it is ready.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"

namespace melisai::serve {

/// Runs `body` in a child that has left the terminal, and returns when that child, and no other
/// daemon, serves with all that it started (0), or has ended before it did (its exit code). Until
/// then its messages come to our standard error. Only while there is one thread. Errors: process;
/// timeout.
Result<int> detach(const std::string& state_dir, const std::function<int()>& body);

/// In the child, when it serves: standard error is let go.
void let_go_of_terminal();

}  // namespace melisai::serve
