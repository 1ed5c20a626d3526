#include "core/measure/formats/cells.h"

#include "core/measure/formats/lines.h"

namespace melisai::formats {

std::vector<std::string_view> cells_of(std::string_view line) {
  line = trimmed(line);
  std::string_view bar;
  for (const std::string_view known : {"|", "│", "║", "┃"})
    if (line.starts_with(known) && line.ends_with(known)) bar = known;
  std::vector<std::string_view> cells;
  if (bar.empty() || line.size() < 2 * bar.size()) return cells;
  line.remove_prefix(bar.size());
  while (!line.empty()) {
    std::size_t end = line.find(bar);
    while (end != std::string_view::npos && end > 0 && line[end - 1] == '\\')
      end = line.find(bar, end + 1);
    std::string_view cell = trimmed(line.substr(0, end));
    if (cell.size() >= 2 && cell.front() == '\'' && cell.back() == '\'')
      cell = cell.substr(1, cell.size() - 2);
    cells.push_back(cell);
    line = end == std::string_view::npos ? std::string_view() : line.substr(end + bar.size());
  }
  return cells;
}

}  // namespace melisai::formats
