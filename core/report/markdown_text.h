// Hostile text inside GitHub-flavoured Markdown: it must not format, link, mention anybody, load an
// image, end a table cell, or leave its code block. Every function takes raw text and bounds its
// result.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace melisai::report {

inline constexpr std::size_t kProseBytesMax = 600;

/// Running text, also at the start of a line or in a table cell. At most `bytes_max` bytes of
/// Markdown, then "…".
std::string markdown_prose(std::string_view hostile, std::size_t bytes_max = kProseBytesMax);

enum class Within { text, table };
/// A code span of at most `characters` characters, for names, commands, refs and commits.
std::string markdown_code(std::string_view hostile, Within within, std::size_t characters = 120);

/// A fenced code block on lines of its own. The caller bounds the text.
std::string markdown_block(std::string_view hostile);

}  // namespace melisai::report
