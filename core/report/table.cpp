#include "core/report/table.h"

#include <algorithm>

#include "core/base/result.h"

namespace melisai::report {

void Table::add(const std::vector<std::string>& cells) {
  MELISAI_ASSERT(cells.size() == columns_.size());
  std::vector<std::string>& row = rows_.emplace_back();
  for (const std::string& cell : cells) row.push_back(one_line(cell));
}

std::string Table::text() const {
  std::vector<int> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int width = 0;
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(
        std::max(std::min(width, columns_[i].width_max), display_width(columns_[i].title)));
  }
  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      line += (i == 0 ? "" : "  ") + pad(cell_of(i), widths[i], columns_[i].align);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  add_line([&](std::size_t i) { return columns_[i].title; });
  for (const auto& row : rows_) add_line([&](std::size_t i) { return row[i]; });
  return text;
}

}  // namespace melisai::report
