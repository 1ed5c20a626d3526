#include "core/serve/terminal_text.h"

#include <algorithm>
#include <utility>

namespace melisai::serve {
namespace {

constexpr std::size_t kColourBytesMax = 64;
constexpr std::size_t kCut = 0;  // its length is in the next piece

/// Length of the sequence that sets colours at the start of `text`, 1 when there is none.
std::size_t colour_length(std::string_view text) {
  if (text.size() > 1 && text[1] != '[') return 1;
  const std::size_t end = text.find_first_not_of("0123456789;:", 2);
  if (end == std::string_view::npos) return text.size() < kColourBytesMax ? kCut : 1;
  return text[end] == 'm' ? end + 1 : 1;
}

/// Whether the character of three bytes at the start of `text` changes the direction of writing.
bool turns_direction(std::string_view text) {
  const auto last = static_cast<unsigned char>(text[2]);
  if (text.starts_with("\xE2\x80"))
    return last == 0x8E || last == 0x8F || (last >= 0xAA && last <= 0xAE);
  return text.starts_with("\xE2\x81") && last >= 0xA6 && last <= 0xA9;
}

/// What is not shown as it is.
struct Control {
  std::size_t length = 0;  // in bytes; 0: none
  std::string_view instead = "?";
  bool is_cut = false;
};

Control control_at(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first == '\n' || first == '\t') return {};
  if (first == 0x1B) {
    const std::size_t length = colour_length(text);
    return {.length = length, .instead = length == 1 ? "?" : "", .is_cut = length == kCut};
  }
  if (first == '\r') {
    if (text.size() == 1) return {.is_cut = true};
    return {.length = 1, .instead = text[1] == '\n' ? "" : "\n"};
  }
  if (first < 0x20 || first == 0x7F) return {.length = 1};
  if (first == 0xC2) {
    if (text.size() == 1) return {.is_cut = true};
    const auto second = static_cast<unsigned char>(text[1]);
    return second >= 0x80 && second <= 0x9F ? Control{.length = 2} : Control{};
  }
  if (first == 0xE2) {
    if (text.size() < 3) return {.is_cut = true};
    if (turns_direction(text)) return {.length = 3};
  }
  return {};
}

}  // namespace

std::string TerminalText::of(std::string_view piece) {
  const std::string whole = std::exchange(begun_, {}) + std::string(piece);
  std::string_view text = whole;
  std::string shown;
  while (!text.empty()) {
    const Control control = control_at(text);
    if (control.is_cut) {
      begun_ = text;
      break;
    }
    shown += control.length == 0 ? text.substr(0, 1) : control.instead;
    text.remove_prefix(std::max<std::size_t>(control.length, 1));
  }
  return shown;
}

}  // namespace melisai::serve
