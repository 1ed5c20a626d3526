#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/measure/formats/measured.h"
#include "core/measure/formats/pytest.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kHeader = "Name (time in ";
constexpr std::string_view kNow = " (NOW)";

struct Table {
  double factor = 1;                 ///< of its time unit
  std::vector<std::string> columns;  ///< without the name's
};

/// "Name (time in us)   Min   Max ...   OPS (Kops/s)   Rounds": columns stand two blanks apart.
std::optional<Table> header_from(std::string_view line) {
  if (!line.starts_with(kHeader)) return std::nullopt;
  const std::size_t end = line.find(')');
  if (end == std::string_view::npos) return std::nullopt;
  const auto unit = unit_from(line.substr(kHeader.size(), end - kHeader.size()));
  if (!unit || unit->canonical != "ns") return std::nullopt;
  Table table{unit->factor, {}};
  for (const std::string_view column : columns_of(line.substr(end + 1)))
    table.columns.emplace_back(column);
  return table;
}

struct Row {
  std::string name;
  std::vector<std::string_view> values;  ///< as many as the table has columns
};

/// From the right, because a name may hold blanks: each value, but not those that count, may have
/// its ratio to the best in brackets behind it.
std::optional<Row> row_from(std::string_view line, const Table& table) {
  Row row;
  line = trimmed(line);
  const auto take_word = [&] {
    const std::size_t start = line.find_last_of(" \t") + 1;
    const std::string_view word = line.substr(start);
    line = trimmed(line.substr(0, start));
    return word;
  };
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::string_view word = take_word();
    if (word.starts_with('(') && word.ends_with(')')) word = take_word();
    if (word.empty()) return std::nullopt;
    row.values.push_back(word);
  }
  std::reverse(row.values.begin(), row.values.end());
  row.name = line;
  return row.name.empty() ? std::nullopt : std::optional(row);
}

std::optional<double> value_of(const Table& table, const Row& row, std::string_view column) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), column);
  if (found == table.columns.end()) return std::nullopt;
  return loose_number_from(row.values[static_cast<std::size_t>(found - table.columns.begin())],
                           true);
}

/// "test_a (0001_abc)" is a stored run beside the one that was made now.
bool is_stored(std::string_view name) {
  const std::size_t open = name.rfind(" (");
  return open != std::string_view::npos && name.ends_with(')') && open + 6 < name.size() &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(open) + 2,
                     name.begin() + static_cast<std::ptrdiff_t>(open) + 6,
                     [](char c) { return c >= '0' && c <= '9'; });
}

/// "------ benchmark 'compute': 2 tests ------" -> "compute"
std::optional<std::string> group_from(std::string_view line) {
  constexpr std::string_view kTitle = "- benchmark";
  const std::size_t at = line.find(kTitle);
  if (!line.starts_with("---") || at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(at + kTitle.size());
  const std::size_t end = rest.rfind("':");
  if (!rest.starts_with(" '") || end == std::string_view::npos || end < 2) return "";
  return std::string(rest.substr(2, end - 2));
}

}  // namespace

Result<void> parse_pytest_table(Lines& lines, ReadingsBuilder& builder) {
  std::optional<Table> table;
  std::string group;
  Variants variants;
  Repeated repeated;
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return {};
    if (const auto header = header_from(*line)) table = header;
    if (const auto title = group_from(*line)) group = *title;
    if (trimmed(*line).empty()) table.reset();
    if (!table || line->starts_with("---") || line->starts_with(kHeader)) continue;
    std::optional<Row> row = row_from(*line, *table);
    if (!row || is_stored(row->name)) continue;
    if (row->name.ends_with(kNow)) row->name.resize(row->name.size() - kNow.size());
    std::optional<double> center;
    for (const char* const column : {"Median", "Mean", "Min"})
      if (!center) center = value_of(*table, *row, column);
    if (!center) return lines.wrong("the table has neither a median, a mean nor a minimum");
    const std::string name = repeated.name_of(variants.name_of(row->name, group));
    MELISAI_CHECK(builder.add_summary(name, wall_time(), *center * table->factor,
                                      count_of(value_of(*table, *row, "Rounds"))));
  }
}

}  // namespace melisai::formats
