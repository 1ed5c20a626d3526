// Words that a POSIX shell takes as they are. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace melisai {

/// `word` as one word of a shell line; in single quotes unless it is plain.
std::string shell_quoted(std::string_view word);

/// The shell line that runs `words`: a program and its arguments.
std::string shell_line(std::span<const std::string> words);

}  // namespace melisai
