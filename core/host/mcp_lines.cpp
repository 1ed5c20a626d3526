#include "core/host/mcp_lines.h"

#include <algorithm>
#include <utility>

namespace melisai::host {

void McpLines::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.find('\n'), bytes.size());
    too_long_ = too_long_ || rest_.size() + size > line_bytes_max_;
    if (too_long_)
      rest_.clear();
    else
      rest_.append(bytes.substr(0, size));
    if (size < bytes.size()) end_line();
    bytes.remove_prefix(std::min(size + 1, bytes.size()));
  }
}

void McpLines::finish() {
  if (too_long_ || !rest_.empty()) end_line();
}

void McpLines::end_line() {
  waiting_.push_back({std::exchange(rest_, {}), std::exchange(too_long_, false)});
}

}  // namespace melisai::host
