// Logs as they may be written to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace melisai::serve {

/// What stages wrote, for a terminal: a log of strangers' code must not clear the screen, move the
/// cursor, hide text or write it from right to left. Colours are left out, other control characters
/// become '?', a carriage return begins a line. Give the text piece by piece; what is cut at the
/// end of a piece is kept for the next one.
class TerminalText {
 public:
  std::string of(std::string_view piece);

 private:
  std::string begun_;
};

}  // namespace melisai::serve
