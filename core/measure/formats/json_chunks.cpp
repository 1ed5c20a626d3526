#include "core/measure/formats/json_chunks.h"

#include <algorithm>

namespace melisai::formats {

Result<bool> JsonChunks::fill() {
  const std::string_view taken(begin_, static_cast<std::size_t>(end - begin_));
  lines_before_ += static_cast<std::size_t>(std::count(taken.begin(), taken.end(), '\n'));
  if (const std::size_t newline = taken.rfind('\n'); newline != std::string_view::npos)
    line_start_ = before_ + newline + 1;
  before_ += taken.size();
  begin_ = next = end = nullptr;
  MELISAI_TRY(const std::string_view bytes, input_.next());
  if (bytes.empty()) return false;
  begin_ = next = bytes.data();
  end = begin_ + bytes.size();
  return true;
}

std::string JsonChunks::place(std::size_t back) const {
  const std::string_view taken(begin_, static_cast<std::size_t>(next - begin_));
  const auto lines = static_cast<std::size_t>(std::count(taken.begin(), taken.end(), '\n'));
  const std::size_t newline = taken.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? line_start_ : before_ + newline + 1;
  return input_.source() + ":" + std::to_string(lines_before_ + lines + 1) + ":" +
         std::to_string(offset() - start + 1 - std::min(back, offset() - start));
}

}  // namespace melisai::formats
