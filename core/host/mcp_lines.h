// Bytes to lines, for a stream that goes on after a line that is too long. Private to core/host.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace melisai::host {

struct McpLine {
  std::string text;       ///< without its '\n'
  bool too_long = false;  ///< nothing of it was kept
  bool operator==(const McpLine&) const = default;
};

class McpLines {
 public:
  explicit McpLines(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  void add(std::string_view bytes);
  void finish();  ///< what follows the last '\n' is a line too
  std::deque<McpLine>& waiting() { return waiting_; }

 private:
  void end_line();

  std::size_t line_bytes_max_;
  std::string rest_;  ///< of a line whose end has not come yet
  bool too_long_ = false;
  std::deque<McpLine> waiting_;
};

}  // namespace melisai::host
