#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/base/text.h"
#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr std::string_view kDefaultTitle = "benchmark";
constexpr std::string_view kCsvHead = R"("title";"name";"unit";"batch";"elapsed")";

/// "TITLE/NAME/COMPLEXITY", without a title or complexity that nobody chose.
std::string full_name(std::string_view title, std::string_view name, double complexity) {
  std::string full;
  if (!title.empty() && title != kDefaultTitle) full = std::string(title) + "/";
  full += name;
  if (complexity > 0)
    full += "/" + std::to_string(static_cast<long long>(std::min(complexity, 1e15)));
  return full;
}

bool is_table_head(std::string_view line) {
  return line.starts_with('|') && line.find("/s |") != std::string_view::npos &&
         line.find("| err% |") != std::string_view::npos;
}

std::string without_blank_runs(std::string_view line) {
  std::string text;
  for (const char c : line)
    if (c != ' ' || !text.ends_with(' ')) text += c;
  return text;
}

bool looks_like(const Probe& probe) {
  if (probe.has("results[].median(elapsed)")) return true;
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    return line.starts_with(kCsvHead) || is_table_head(without_blank_runs(line));
  });
}

/// Of the processor's counters, instructions hardly depend on what else runs.
Metric counter_metric(std::string_view name) {
  return name == "instructions" ? near_exact(name, "count") : shown(name, "count", Better::lower);
}

/// What one call of a benchmark costs: measured per iteration, of which each is a batch.
struct Cost {
  std::string name;
  double batch = 1;
  ReadingsBuilder& builder;

  Result<void> add_seconds(double elapsed) const {
    return builder.add(name, wall_time(), elapsed * 1e9 / batch);
  }
  Result<void> add_count(std::string_view metric, double count) const {
    // Counters that the machine does not have read 0.
    if (count <= 0) return {};
    return builder.add(name, counter_metric(metric), count / batch);
  }
};

/// The "json" template: seconds and counts per iteration.
Result<void> take_result(const json& result, ReadingsBuilder& builder) {
  const std::string name = full_name(text_at(result, "title"), text_at(result, "name"),
                                     number_at(result, "complexityN").value_or(-1));
  const Cost cost{name, number_at(result, "batch").value_or(1), builder};
  const json* const measurements = member(result, "measurements");
  if (measurements == nullptr || !measurements->is_array() || measurements->empty()) {
    const auto median = number_at(result, "median(elapsed)");
    if (!median) return Error{Errc::parse, "benchmark " + in_quotes(name) + " has no time"};
    return builder.add_summary(name, wall_time(), *median * 1e9 / cost.batch);
  }
  for (const json& measurement : *measurements) {
    const auto elapsed = number_at(measurement, "elapsed");
    if (!elapsed) return Error{Errc::parse, "a measurement of " + in_quotes(name) + " has no time"};
    MELISAI_CHECK(cost.add_seconds(*elapsed));
    for (const char* counter : {"instructions", "cpucycles", "pagefaults", "contextswitches",
                                "branchinstructions", "branchmisses"})
      if (const auto count = number_at(measurement, counter))
        MELISAI_CHECK(cost.add_count(counter, *count));
  }
  return {};
}

/// A row of the table that is printed while benchmarks run.
class Markdown {
 public:
  explicit Markdown(ReadingsBuilder& builder) : builder_(builder) {}

  void head(std::string_view line) {
    columns_.clear();
    for (const std::string_view cell : cells_of(line)) columns_.emplace_back(cell);
  }
  bool has_head() const { return !columns_.empty(); }
  Result<void> take(const Lines& lines, std::string_view line);

 private:
  static std::vector<std::string_view> cells_of(std::string_view line) {
    std::vector<std::string_view> cells;
    line = trimmed(line);
    while (line.starts_with('|')) {
      line.remove_prefix(1);
      const std::size_t bar = std::min(line.find('|'), line.size());
      cells.push_back(trimmed(line.substr(0, bar)));
      line.remove_prefix(bar);
    }
    // A table row may end without a bar, and a row of only "|" has one empty cell behind it.
    if (!cells.empty() && cells.back().empty()) cells.pop_back();
    return cells;
  }
  Result<void> take_cell(const Lines& lines, const std::string& name, std::string_view column,
                         std::string_view cell);

  ReadingsBuilder& builder_;
  std::vector<std::string> columns_;
};

Result<void> Markdown::take(const Lines& lines, std::string_view line) {
  // The name is in backticks, and may hold bars.
  const std::size_t name_from = line.find('`');
  const std::size_t name_to = std::min(line.find("` (Unstable with"), line.rfind('`'));
  if (!line.starts_with('|') || name_from == std::string_view::npos || name_from == name_to)
    return {};
  std::vector<std::string_view> cells = cells_of(line.substr(0, name_from));
  // A warning may stand before the name.
  if (cells.size() == columns_.size()) cells.pop_back();
  if (cells.size() + 1 != columns_.size())
    return lines.wrong("the row does not have the columns of its table");
  double complexity = -1;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (columns_[i] == "complexityN") complexity = loose_number_from(cells[i], true).value_or(-1);
  const std::string name =
      full_name(columns_.back(), line.substr(name_from + 1, name_to - name_from - 1), complexity);
  if (line.substr(0, name_from).ends_with("| :boom: ")) {
    builder_.fail(name, trimmed(line.substr(name_to + 1)));
    return {};
  }
  for (std::size_t i = 0; i < cells.size(); ++i)
    MELISAI_CHECK(take_cell(lines, name, columns_[i], cells[i]));
  return {};
}

/// "ns/op" is the time; "op/s" says the same; "ins/op" and others are counts.
Result<void> Markdown::take_cell(const Lines& lines, const std::string& name,
                                 std::string_view column, std::string_view cell) {
  const std::size_t slash = column.find('/');
  if (slash == std::string_view::npos || column.ends_with("/s")) return {};
  const std::string_view what = column.substr(0, slash);
  const auto number = loose_number_from(cell, true);
  const auto unit = unit_from(what);
  if (unit && unit->canonical == "ns") {
    if (!number) return lines.wrong("the time of " + in_quotes(name) + " is " + in_quotes(cell));
    return builder_.add(name, wall_time(), *number * unit->factor);
  }
  const std::string_view metric = what == "ins"   ? "instructions"
                                  : what == "cyc" ? "cpucycles"
                                  : what == "bra" ? "branchinstructions"
                                                  : "";
  if (metric.empty() || !number) return {};
  return builder_.add(name, counter_metric(metric), *number);
}

/// The "csv" template: "title";"name";"unit";batch;elapsed;...
Result<void> take_csv(const Lines& lines, std::string_view line, ReadingsBuilder& builder) {
  if (!line.starts_with('"')) return {};
  const Result<CsvFields> fields = split_csv(line, ';');
  if (!fields) return lines.wrong(fields.error().message);
  if (fields->size() < 5) return lines.wrong("the row has less than five fields");
  const auto batch = number_from((*fields)[3]);
  const auto elapsed = number_from((*fields)[4]);
  if (!batch || !elapsed) return lines.wrong("the batch or the elapsed time is no number");
  const std::string name = full_name((*fields)[0], (*fields)[1], -1);
  return builder.add(name, wall_time(), *elapsed * 1e9 / *batch);
}

Result<void> parse_text(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  Markdown table(builder);
  bool is_csv = false;
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return {};
    if (line->starts_with(kCsvHead))
      is_csv = true;
    else if (is_csv)
      MELISAI_CHECK(take_csv(lines, *line, builder));
    else if (line->starts_with('|') && is_table_head(without_blank_runs(*line)))
      table.head(*line);
    else if (table.has_head())
      MELISAI_CHECK(table.take(lines, *line));
  }
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (!trimmed(head).starts_with('{') && head.find("\"median(elapsed)\"") == std::string_view::npos)
    return parse_text(input, limits, builder);
  MELISAI_TRY(const JsonPath results, JsonPath::parse("$.results[*]"));
  MELISAI_CHECK(read_rows(input, limits, results,
                          [&](const JsonRow& row) { return take_result(row.value, builder); }));
  return {};
}

}  // namespace

extern const Format kNanobench;
const Format kNanobench{
    .info = {.name = "nanobench", .tool = "nanobench", .made_by = "./bench | tee FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
