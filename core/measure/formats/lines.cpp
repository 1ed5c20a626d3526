#include "core/measure/formats/lines.h"

#include <algorithm>

#include "core/base/units.h"

namespace melisai::formats {
namespace {

constexpr char kEscape = '\x1B';
constexpr char kBell = '\a';

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F';
}

/// Without an early end, so that the compiler looks at many characters at once: nearly every line
/// of a large file has none.
bool has_control(std::string_view text) {
  bool found = false;
  for (const char c : text) found |= is_control(c);
  return found;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Length of the escape sequence at the start of `text`, at least 1 (ECMA-48: CSI ends with a byte
/// of 0x40 to 0x7E; OSC and its like with BEL or ESC \\; others, such as tput's ESC ( B, have bytes
/// of 0x20 to 0x2F in the middle).
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 1;
  if (text[1] == '[') {
    for (std::size_t i = 2; i < text.size(); ++i)
      if (text[i] >= '@' && text[i] <= '~') return i + 1;
    return text.size();
  }
  if (std::string_view("]PX^_").find(text[1]) != std::string_view::npos) {
    for (std::size_t i = 2; i < text.size(); ++i)
      if (text[i] == kBell || text[i] == kEscape)
        return i + (text[i] == kEscape && i + 1 < text.size() ? 2 : 1);
    return text.size();
  }
  const std::size_t end = text.find_first_not_of(" !\"#$%&'()*+,-./", 1);
  return std::min(end, text.size() - 1) + 1;
}

/// One part between carriage returns. Returns `part` itself when there is nothing to remove.
std::string_view cleaned_part(std::string_view part, std::string& buffer) {
  if (!has_control(part)) return part;
  std::string clean;
  clean.reserve(part.size());
  for (std::size_t i = 0; i < part.size();) {
    if (part[i] == kEscape) {
      i += escape_length(part.substr(i));
      continue;
    }
    if (!is_control(part[i])) clean += part[i];
    ++i;
  }
  buffer = std::move(clean);
  return buffer;
}

}  // namespace

std::string_view cleaned(std::string_view line, std::string& buffer) {
  if (!has_control(line)) return line;
  // What is left to see when a terminal has returned to the start of the line: the last part.
  while (true) {
    const std::size_t end = line.rfind('\r');
    const bool is_first = end == std::string_view::npos;
    const std::string_view part = cleaned_part(is_first ? line : line.substr(end + 1), buffer);
    if (is_first || !trimmed(part).empty()) return part;
    line = line.substr(0, end);
  }
}

std::string_view without_log_time(std::string_view line) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.dddddd";
  if (line.size() <= kShape.size()) return line;
  const bool has_shape = std::equal(
      kShape.begin(), kShape.end(), line.begin(),
      [](char shape, char c) { return shape == 'd' ? c >= '0' && c <= '9' : c == shape; });
  if (!has_shape) return line;
  const std::size_t end = line.find_first_not_of("0123456789", kShape.size());
  if (end == std::string_view::npos || line[end] != 'Z') return line;
  const std::string_view rest = line.substr(end + 1);
  if (rest.empty()) return rest;
  return rest.front() == ' ' ? rest.substr(1) : line;
}

Result<void> Lines::shorten() {
  std::string shown, buffer;
  std::string_view rest = last_;
  while (true) {
    const std::size_t end = rest.find('\r');
    const std::string_view part = rest.substr(0, end);
    if (part.size() > limits_.line_bytes_max)
      return at({Errc::limit, "the line is longer than " + format_bytes(limits_.line_bytes_max)});
    if (end == std::string_view::npos) break;
    if (!trimmed(cleaned_part(part, buffer)).empty()) shown = part;
    rest.remove_prefix(end + 1);
  }
  line_ = shown + "\r" + std::string(rest);
  last_ = line_;
  return {};
}

Result<bool> Lines::read_line() {
  line_.clear();
  ++number_;
  while (true) {
    if (chunk_.empty() && !at_end_) {
      MELISAI_TRY(chunk_, input_.next());
      at_end_ = chunk_.empty();
    }
    last_ = line_;
    if (at_end_) {
      if (line_.empty()) --number_;
      return !line_.empty();
    }
    const std::size_t end = chunk_.find('\n');
    const std::string_view part = chunk_.substr(0, end);
    const bool is_cut = end == std::string_view::npos || !line_.empty();
    last_ = is_cut ? std::string_view(line_ += part) : part;
    chunk_.remove_prefix(std::min(part.size() + 1, chunk_.size()));
    if (last_.size() > limits_.line_bytes_max) MELISAI_CHECK(shorten());
    if (end != std::string_view::npos) return true;
  }
}

Result<std::optional<std::string_view>> Lines::next() {
  MELISAI_TRY(const bool there_is_one, read_line());
  if (!there_is_one) return std::optional<std::string_view>();
  last_ = without_log_time(cleaned(last_, clean_));
  return std::optional(last_);
}

Error Lines::at(Error error) const {
  error.message = input_.source() + ":" + std::to_string(number_) + ": " + error.message;
  return error;
}

Error Lines::wrong(const std::string& what) const { return at({Errc::parse, what}); }

Result<void> each_line(Input& input, const Limits& limits,
                       const std::function<Result<void>(std::string_view)>& take) {
  Lines lines(input, limits);
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return {};
    if (const Result<void> result = take(*line); !result) return lines.at(result.error());
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> words_of(std::string_view line, std::size_t max) {
  constexpr std::size_t kUsual = 12;
  std::vector<std::string_view> words;
  words.reserve(kUsual);
  line = trimmed(line);
  while (!line.empty()) {
    std::size_t end = words.size() + 1 == max ? line.size() : 0;
    while (end < line.size() && !is_blank(line[end])) ++end;
    words.push_back(line.substr(0, end));
    while (end < line.size() && is_blank(line[end])) ++end;
    line.remove_prefix(end);
  }
  return words;
}

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  while (!(line = trimmed(line)).empty()) {
    std::size_t end = line.find_first_of(" \t");
    while (end < line.size() && line[end] == ' ' && line.substr(end + 1, 1) != " ")
      end = line.find_first_of(" \t", end + 1);
    columns.push_back(line.substr(0, end));
    line = end >= line.size() ? std::string_view() : line.substr(end);
  }
  return columns;
}

}  // namespace melisai::formats
