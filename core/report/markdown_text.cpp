#include "core/report/markdown_text.h"

#include <algorithm>

#include "core/report/text.h"

namespace melisai::report {
namespace {

// GitHub links mentions, issue numbers and addresses after Markdown is rendered, so a backslash
// does not stop them; a zero-width space does. As an entity it stays visible to whoever reads the
// source.
const std::string kBreak = "&#8203;";
constexpr std::string_view kEllipsis = "…";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool contains_at(std::string_view text, std::size_t at, std::string_view word) {
  return std::equal(
      word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
      text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), at + word.size())),
      [](char a, char b) {
        return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
      });
}

/// An underscore between two letters or digits is text in GitHub's dialect; names stay readable in
/// the source.
bool is_plain_underscore(std::string_view text, std::size_t at) {
  return at > 0 && at + 1 < text.size() && is_alphanumeric(text[at - 1]) &&
         is_alphanumeric(text[at + 1]);
}

/// What opens a heading, a list or a rule when a line starts with it.
bool opens_block(std::string_view text, std::size_t at) {
  const char c = text[at];
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (at == 0) return c == '#' || ((c == '+' || c == '-') && (next == ' ' || next == '-'));
  const bool number_before =
      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), is_digit);
  return (c == '.' || c == ')') && next == ' ' && number_before;
}

/// Where GitHub would start a link of its own: @name, #123, GH-123, http://
bool starts_link(std::string_view text, std::size_t at) {
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  switch (text[at]) {
    case '@': return is_alphanumeric(next);
    case '#': return is_digit(next);
    case '-': return is_digit(next) && at >= 2 && contains_at(text, at - 2, "gh-");
    case ':': return contains_at(text, at, "://");
    default: return false;
  }
}

/// The Markdown for one byte of clean text.
std::string escaped(std::string_view text, std::size_t at) {
  const std::string self(1, text[at]);
  switch (text[at]) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '|': return "&#124;";
    case '_': return is_plain_underscore(text, at) ? self : "\\_";
    case '\\':
    case '`':
    case '*':
    case '[':
    case ']':
    case '~':
    case '$': return "\\" + self;
    default: break;
  }
  // Here the dot completes what starts a link, so the break comes before it.
  if (text[at] == '.' && at >= 3 && contains_at(text, at - 3, "www.")) return kBreak + self;
  return (opens_block(text, at) ? "\\" : "") + self + (starts_link(text, at) ? kBreak : "");
}

std::size_t longest_run_of_backticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

/// Pipes end a table cell even inside a code span, unless a backslash precedes them. Renderers
/// disagree about a pipe that already has a backslash before it, so that one becomes a broken bar.
std::string without_cell_ends(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '|') {
      out += text[at];
    } else if (at > 0 && text[at - 1] == '\\') {
      out += "¦";
    } else {
      out += "\\|";
    }
  }
  return out;
}

/// GitLab, and robots on GitHub, obey a line of a comment that starts with "/merge" or so, and
/// what they take for a code block is not always what Markdown does. A blank before it is enough.
std::string without_commands(std::string_view lines) {
  std::string out;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (lines[at] == '/' && (at == 0 || lines[at - 1] == '\n')) out += ' ';
    out += lines[at];
  }
  return out;
}

}  // namespace

std::string markdown_prose(std::string_view hostile, std::size_t bytes_max) {
  std::string text = one_line(hostile);
  // Leading spaces would hide the start of a block from opens_block(), or make a code block.
  text.erase(0, text.find_first_not_of(' '));
  std::string out;
  std::size_t character = 0;  // in `out`, where the last whole character starts
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool starts_character = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (starts_character) character = out.size();
    const std::string piece = escaped(text, at);
    if (out.size() + piece.size() + kEllipsis.size() > bytes_max)
      return out.substr(0, character).append(kEllipsis);
    out += piece;
  }
  return out;
}

std::string markdown_code(std::string_view hostile, Within within, std::size_t characters) {
  std::string text = clip(one_line(hostile), characters);
  if (text.find_first_not_of(' ') == std::string::npos) return "(none)";
  if (within == Within::table) text = without_cell_ends(text);
  const std::string fence(longest_run_of_backticks(text) + 1, '`');
  const std::string space = text.front() == '`' || text.back() == '`' ? " " : "";
  return fence + space + text + space + fence;
}

std::string markdown_block(std::string_view hostile) {
  const std::string text = without_commands(plain_lines(hostile));
  const std::string fence(std::max<std::size_t>(3, longest_run_of_backticks(text) + 1), '`');
  return fence + "text\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n";
}

}  // namespace melisai::report
