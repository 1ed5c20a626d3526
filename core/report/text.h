// Hostile text made safe to show: benchmark names, refs, commands and log tails come from code that
// nobody vouches for. one_line() and plain_lines() come first; everything below expects what they
// return.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace melisai::report {

inline constexpr std::size_t kLineBytesMax = 8 << 10;
inline constexpr std::size_t kLogBytesMax = 64 << 10;

/// Valid UTF-8 without control characters, terminal escape sequences, and invisible or
/// direction-changing characters. Terminal colours vanish, line breaks and tabs become spaces, all
/// else becomes U+FFFD. What follows the first kLineBytesMax bytes becomes "…".
std::string one_line(std::string_view hostile);

/// The same of the last kLogBytesMax bytes, but lines stay lines. A carriage return starts a new
/// one, so that progress bars cannot hide text.
std::string plain_lines(std::string_view hostile);

/// Terminal columns of clean text: 0 for combining marks, 2 for East Asian wide characters and
/// emoji.
int display_width(std::string_view clean);

/// At most `columns` wide; what is too long loses its middle, because ends of benchmark names tell
/// them apart.
std::string fit(std::string_view clean, int columns);

enum class Align { left, right };
/// Exactly `columns` wide: fitted, then padded with spaces.
std::string pad(std::string_view clean, int columns, Align align);

/// At most `characters` code points, the last one "…" when something was cut.
std::string clip(std::string_view clean, std::size_t characters);

struct TailLimits {
  std::size_t lines_max = 0;
  std::size_t bytes_max = 0;
};
/// The last whole lines within both limits, without trailing line breaks. A last line that is too
/// long loses its start.
std::string last_lines(std::string_view clean, TailLimits limits);

/// 0.05 -> "5 %", without a sign, for limits that people set.
std::string format_percent(double fraction);

/// (1, "pair") -> "1 pair", (2, "pair") -> "2 pairs".
std::string count_of(std::size_t count, std::string_view noun);

}  // namespace melisai::report
