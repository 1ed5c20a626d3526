#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kBar = "│";
constexpr std::string_view kBranch = "├─ ";
constexpr std::string_view kLastBranch = "╰─ ";
constexpr std::size_t kDepthMax = 64;

using Cells = std::vector<std::string_view>;

/// What stands between the bars of a table's row.
Cells cells_of(std::string_view text) {
  Cells cells;
  while (true) {
    const std::size_t bar = text.find(kBar);
    cells.push_back(trimmed(text.substr(0, bar)));
    if (bar == std::string_view::npos) return cells;
    text.remove_prefix(bar + kBar.size());
  }
}

/// "NAME  fastest │ slowest │ median │ mean │ samples │ iters"
bool is_head(std::string_view line) {
  const Cells cells = cells_of(line);
  return cells.size() == 6 && cells[0].ends_with("fastest") && cells[1] == "slowest" &&
         cells[2] == "median" && cells[3] == "mean";
}

bool looks_like(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(), is_head);
}

/// A row of the tree: how deep it stands, and its text after the branch; `is_node`: it has a
/// branch, so that it is a name. Bars and blanks come in threes.
struct TreeRow {
  std::size_t depth = 0;
  bool is_node = false;
  std::string_view text;
};

TreeRow tree_row(std::string_view line) {
  TreeRow row;
  while (row.depth < kDepthMax) {
    ++row.depth;
    for (const std::string_view branch : {kBranch, kLastBranch}) {
      if (!line.starts_with(branch)) continue;
      row.is_node = true;
      row.text = line.substr(branch.size());
      return row;
    }
    if (line.starts_with(std::string(kBar) + "  "))
      line.remove_prefix(kBar.size() + 2);
    else if (line.starts_with("   "))
      line.remove_prefix(3);
    else
      break;
  }
  row.text = line;
  return row;
}

/// One table: a benchmark's times, and below them throughputs and what it allocated.
class Table {
 public:
  Table(Lines& lines, ReadingsBuilder& builder) : lines_(lines), builder_(builder) {}

  Result<void> read() {
    while (true) {
      MELISAI_TRY(const std::optional<std::string_view> line, lines_.next());
      if (!line) return {};
      MELISAI_CHECK(take(*line));
    }
  }

 private:
  Result<void> take(std::string_view line);
  Result<void> take_node(const TreeRow& row);
  Result<void> take_more(std::string_view line);
  Result<void> take_allocations(const Cells& cells, std::size_t median);

  Lines& lines_;
  ReadingsBuilder& builder_;
  std::vector<std::string> path_;  ///< of names from the binary's; empty: outside of a table
  std::string benchmark_;          ///< whose figures may follow
  std::string allocations_;        ///< "alloc", "max alloc" ... whose figures may follow
};

Result<void> Table::take(std::string_view line) {
  if (is_head(line)) {
    const std::string_view first = cells_of(line)[0];
    path_.assign(1, std::string(trimmed(first.substr(0, first.rfind("fastest")))));
    benchmark_.clear();
    return {};
  }
  if (path_.empty()) return {};
  const TreeRow row = tree_row(line);
  if (row.is_node) return take_node(row);
  if (trimmed(line).empty()) {
    path_.clear();
    benchmark_.clear();
  }
  return benchmark_.empty() ? Result<void>() : take_more(line);
}

/// "NAME  12.3 ns      │ 14.5 ns      │ 12.5 ns      │ 12.7 ns      │ 100     │ 12800"; of a group
/// and of an ignored benchmark there are no times.
Result<void> Table::take_node(const TreeRow& row) {
  const std::size_t end = row.text.find("  ");
  path_.resize(std::min(path_.size(), row.depth));
  path_.emplace_back(row.text.substr(0, end));
  benchmark_.clear();
  allocations_.clear();
  if (end == std::string_view::npos) return {};
  const Cells cells = cells_of(row.text.substr(end));
  if (cells.size() != 6 || cells[2].empty()) return {};
  const auto median = quantity_from(cells[2]);
  if (!median || median->unit.canonical != "ns")
    return lines_.wrong("the median is '" + std::string(cells[2]) + "', not a time");
  for (const std::string& part : path_) benchmark_ += (benchmark_.empty() ? "" : "::") + part;
  const auto samples = loose_number_from(cells[4], true).value_or(1);
  return builder_.add_summary(benchmark_, wall_time(), median->value,
                              static_cast<std::uint64_t>(std::clamp(samples, 1.0, 1e12)));
}

/// A line without a name: throughput, the title of allocations, or their figures.
Result<void> Table::take_more(std::string_view line) {
  const Cells cells = cells_of(line);
  if (cells.size() < 6) return {};
  // Bars of the tree come before those of the table.
  const std::size_t first = cells.size() - 6;
  constexpr std::array<std::string_view, 5> kTitles{
      "alloc:", "dealloc:", "grow:", "shrink:", "max alloc:"};
  const std::string_view title = cells[first];
  if (std::find(kTitles.begin(), kTitles.end(), title) != kTitles.end()) {
    allocations_ = title.substr(0, title.size() - 1);
    std::replace(allocations_.begin(), allocations_.end(), ' ', '_');
    return {};
  }
  if (!allocations_.empty()) return take_allocations(cells, first + 2);
  const auto rate = quantity_from(cells[first + 2]);
  if (!rate || rate->unit.better != Better::higher) return {};
  return builder_.add_summary(benchmark_, throughput(rate->unit.canonical), rate->value);
}

/// How often, then how many bytes.
Result<void> Table::take_allocations(const Cells& cells, std::size_t median) {
  if (const auto count = loose_number_from(cells[median], true))
    return builder_.add_summary(benchmark_, near_exact(allocations_ + "_count", "count"), *count);
  const auto size = quantity_from(cells[median]);
  if (!size || !cells[median].ends_with('B')) return {};
  return builder_.add_summary(benchmark_, near_exact(allocations_ + "_bytes", "B"), size->value);
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  return Table(lines, builder).read();
}

}  // namespace

extern const Format kDivan;
const Format kDivan{
    .info = {.name = "divan", .tool = "Divan", .made_by = "cargo bench | tee FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
