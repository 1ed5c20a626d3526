// Text of strangers in our messages: quoting, UTF-8 checks, "did you mean". Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace melisai {

/// `text` in single quotes, safe for a terminal and a log line: control characters, invalid UTF-8
/// and characters that change the writing direction become '?'; more than 60 characters are cut and
/// end in "...".
std::string in_quotes(std::string_view text);

/// The same cleaning without quotes and without the cut.
std::string printable(std::string_view text);

/// Length of the UTF-8 character at the start of `text`, 1 to 4; 0 when it is invalid (overlong,
/// surrogate, cut) or empty.
std::size_t utf8_length(std::string_view text);

/// The candidate nearest to `word` within edit distance 2 (a swap of neighbours counts as one, case
/// as none; short words must be nearer); "" when there is none.
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

}  // namespace melisai
