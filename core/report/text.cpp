#include "core/report/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

#include "core/base/text.h"

namespace melisai::report {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kEllipsis = "…";
constexpr std::size_t kEscapeBytesMax =
    256;  // longest operating-system command that is recognised as one

struct Range {
  char32_t first;
  char32_t last;
};

// Soft hyphen, zero-width characters, direction overrides, annotation and tag characters: text that
// differs from what it shows.
constexpr std::array kInvisible{
    Range{0x00AD, 0x00AD}, Range{0x061C, 0x061C},  Range{0x180E, 0x180E}, Range{0x200B, 0x200F},
    Range{0x2028, 0x202E}, Range{0x2060, 0x206F},  Range{0x3164, 0x3164}, Range{0xFEFF, 0xFEFF},
    Range{0xFFF9, 0xFFFB}, Range{0xE0000, 0xE0FFF}};

// The common blocks of Unicode 15 with general category Mn or Me.
constexpr std::array kCombining{Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD},
                                Range{0x0610, 0x061A}, Range{0x064B, 0x065F}, Range{0x0E34, 0x0E3A},
                                Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF}, Range{0x20D0, 0x20FF},
                                Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}};

// East Asian width W and F of Unicode 15 (EastAsianWidth.txt), merged where the gaps are
// unassigned.
constexpr std::array kWide{
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},
    Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},
    Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE4F},
    Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
    Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

bool in(std::span<const Range> ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Decodes the character at `at` and moves past it; one byte that starts no valid character gives
/// U+FFFD.
char32_t next_character(std::string_view text, std::size_t& at) {
  const std::size_t length = utf8_length(text.substr(at));
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (length <= 1) return length == 1 ? lead : kReplacement;
  char32_t c = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i)
    c = (c << 6U) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return c;
}

int width_of(char32_t c) { return in(kCombining, c) ? 0 : in(kWide, c) ? 2 : 1; }

/// Bytes of the terminal escape sequence that starts at text[at] == ESC (ECMA-48: CSI, OSC,
/// two-character); 0: none.
std::size_t escape_length(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return 0;
  std::size_t end = at + 2;
  if (text[at + 1] == '[') {
    while (end < text.size() && text[end] >= 0x20 && text[end] <= 0x3F) ++end;
    const bool complete = end < text.size() && text[end] >= 0x40 && text[end] <= 0x7E;
    return complete ? end + 1 - at : 0;
  }
  if (text[at + 1] == ']') {
    for (const std::size_t stop = std::min(text.size(), at + kEscapeBytesMax); end < stop; ++end) {
      if (text[end] == '\a') return end + 1 - at;
      if (text[end] == '\x1b' && end + 1 < text.size() && text[end + 1] == '\\')
        return end + 2 - at;
    }
  }
  return 0;
}

std::string clean(std::string_view hostile, char line_break) {
  std::string out;
  out.reserve(hostile.size());
  for (std::size_t at = 0; at < hostile.size();) {
    if (hostile[at] == '\x1b') {
      if (const std::size_t skip = escape_length(hostile, at); skip > 0) {
        at += skip;
        continue;
      }
    }
    if (hostile[at] >= 0x20 && hostile[at] < 0x7F) {
      out += hostile[at++];
      continue;
    }
    const std::size_t start = at;
    const char32_t c = next_character(hostile, at);
    if (c == '\r' && at < hostile.size() && hostile[at] == '\n') continue;
    if (c == '\n' || c == '\r') {
      out += line_break;
    } else if (c == '\t') {
      out += ' ';
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == kReplacement || in(kInvisible, c)) {
      out += "\xEF\xBF\xBD";
    } else {
      out += hostile.substr(start, at - start);
    }
  }
  return out;
}

/// The longest start of `text` that is at most `columns` wide.
std::string_view front_columns(std::string_view text, int columns) {
  std::size_t at = 0;
  for (int width = 0; at < text.size();) {
    std::size_t next = at;
    width += width_of(next_character(text, next));
    if (width > columns) break;
    at = next;
  }
  return text.substr(0, at);
}

/// The longest end of `text` that is at most `columns` wide.
std::string_view back_columns(std::string_view text, int columns) {
  int excess = display_width(text) - columns;
  std::size_t at = 0;
  while (at < text.size() && excess > 0) excess -= width_of(next_character(text, at));
  return text.substr(at);
}

}  // namespace

std::string one_line(std::string_view hostile) {
  if (hostile.size() <= kLineBytesMax) return clean(hostile, ' ');
  return clean(hostile.substr(0, kLineBytesMax), ' ').append(kEllipsis);
}

std::string plain_lines(std::string_view hostile) {
  return clean(hostile.substr(hostile.size() - std::min(hostile.size(), kLogBytesMax)), '\n');
}

int display_width(std::string_view clean_text) {
  int width = 0;
  for (std::size_t at = 0; at < clean_text.size();)
    width += width_of(next_character(clean_text, at));
  return width;
}

std::string fit(std::string_view clean_text, int columns) {
  if (columns <= 0) return "";
  if (display_width(clean_text) <= columns) return std::string(clean_text);
  const int back = (columns - 1) / 2;
  return std::string(front_columns(clean_text, columns - 1 - back))
      .append(kEllipsis)
      .append(back_columns(clean_text, back));
}

std::string pad(std::string_view clean_text, int columns, Align align) {
  std::string text = fit(clean_text, columns);
  const int missing = std::max(0, columns - display_width(text));
  text.insert(align == Align::left ? text.size() : 0, static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string clip(std::string_view clean_text, std::size_t characters) {
  std::size_t at = 0;
  std::size_t before_last = 0;
  for (std::size_t count = 0; at < clean_text.size(); ++count) {
    if (count == characters)
      return std::string(clean_text.substr(0, before_last)).append(kEllipsis);
    before_last = at;
    next_character(clean_text, at);
  }
  return std::string(clean_text);
}

std::string last_lines(std::string_view clean_text, TailLimits limits) {
  while (!clean_text.empty() && clean_text.back() == '\n') clean_text.remove_suffix(1);
  std::size_t start = clean_text.size();
  std::size_t end = clean_text.size();  // of the line before `start`
  for (std::size_t lines = 0; lines < limits.lines_max; ++lines) {
    const std::size_t newline = end == 0 ? std::string_view::npos : clean_text.rfind('\n', end - 1);
    const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
    if (clean_text.size() - line > limits.bytes_max) {
      if (lines > 0) break;
      start = clean_text.size() - limits.bytes_max;
      while (start < clean_text.size() && is_continuation(clean_text[start])) ++start;
      break;
    }
    start = line;
    if (line == 0) break;
    end = line - 1;
  }
  return std::string(clean_text.substr(start));
}

std::string format_percent(double fraction) {
  if (!std::isfinite(fraction)) return "unknown";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g %%", fraction * 100);
  return text.data();
}

std::string count_of(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace melisai::report
