#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/measure/formats/benchmarkdotnet.h"
#include "core/measure/formats/csv.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kMethod = "Method";
/// What says how a benchmark was run, not which.
constexpr std::array<std::string_view, 5> kJobColumns{"Job", "Runtime", "Toolchain", "Jit",
                                                      "Platform"};

/// Without bold, code and quotes: "**10**", "`a b`", "'a b'".
std::string_view unmarked(std::string_view cell) {
  cell = trimmed(cell);
  for (const std::string_view mark : {"**", "`", "'"})
    if (cell.size() >= 2 * mark.size() && cell.starts_with(mark) && cell.ends_with(mark))
      cell = cell.substr(mark.size(), cell.size() - 2 * mark.size());
  return cell;
}

/// Cells between bars; tables before 0.11 have none at the start of a line.
std::vector<std::string> cells_in(std::string_view line) {
  std::vector<std::string> cells;
  line = trimmed(line);
  if (line.find('|') == std::string_view::npos) return cells;
  if (line.starts_with('|')) line.remove_prefix(1);
  if (line.ends_with('|')) line.remove_suffix(1);
  while (true) {
    const std::size_t end = line.find('|');
    cells.emplace_back(unmarked(line.substr(0, end)));
    if (end == std::string_view::npos) return cells;
    line.remove_prefix(end + 1);
  }
}

bool is_job(std::string_view column) {
  return std::find(kJobColumns.begin(), kJobColumns.end(), column) != kJobColumns.end();
}

/// "Mean" or, with units in the header, "Mean [us]".
bool is_column(std::string_view column, std::string_view name) {
  return column == name ||
         (column.starts_with(name) && column.substr(name.size()).starts_with(" ["));
}

/// Sizes count in powers of 1024, whatever they are called.
std::optional<Quantity> quantity_in(std::string column, std::string cell, bool is_size) {
  const std::size_t open = column.find(" [");
  if (open != std::string::npos && column.ends_with(']'))
    cell += " " + column.substr(open + 2, column.size() - open - 3);
  for (const std::string_view unit : {"KB", "MB", "GB"})
    if (is_size && cell.ends_with(unit)) cell.insert(cell.size() - 1, "i");
  // Times always have decimals, so the only mark in "7,513 us" is that of a culture with commas.
  const std::size_t mark = cell.find_first_of(".,");
  const bool is_alone = mark != std::string::npos && mark == cell.find_last_of(".,");
  if (!is_size && is_alone) cell[mark] = '.';
  return quantity_from(cell);
}

/// Which columns of a table mean what.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {
    const auto last_of_job = std::find(header_.begin(), header_.end(), "WarmupCount");
    if (last_of_job != header_.end())
      first_parameter_ = static_cast<std::size_t>(last_of_job - header_.begin()) + 1;
  }

  /// Of the benchmark in `row`, with its parameters: "Sort(N: 10)".
  std::string name_of(const std::vector<std::string>& row) const {
    std::string type, method, parameters;
    for (std::size_t i = 0; i < mean() && i < row.size(); ++i) {
      if (header_[i] == "Namespace") continue;
      if (header_[i] == "Type")
        type = row[i] + ".";
      else if (header_[i] == kMethod)
        method = row[i];
      else if (!is_job(header_[i]) && i >= first_parameter_)
        parameters += (parameters.empty() ? "" : ", ") + header_[i] + ": " + row[i];
    }
    if (method.empty()) return "";
    return type + method + (parameters.empty() ? "" : "(" + parameters + ")");
  }
  std::string job_of(const std::vector<std::string>& row) const {
    std::string job, last;
    for (std::size_t i = 0; i < mean() && i < row.size(); ++i) {
      if (!is_job(header_[i]) || row[i] == "Default" || row[i] == last) continue;
      last = row[i];
      job += (job.empty() ? "" : " ") + last;
    }
    return job;
  }

  Result<void> add(const std::string& name, const std::vector<std::string>& row,
                   ReadingsBuilder& builder) const;

 private:
  std::size_t position(std::string_view name) const {
    return static_cast<std::size_t>(
        std::find_if(header_.begin(), header_.end(),
                     [&](const std::string& column) { return is_column(column, name); }) -
        header_.begin());
  }
  std::size_t mean() const { return position("Mean"); }

  std::vector<std::string> header_;
  std::size_t first_parameter_ = 0;
};

Result<void> Table::add(const std::string& name, const std::vector<std::string>& row,
                        ReadingsBuilder& builder) const {
  const std::size_t median = position("Median"), allocated = position("Allocated");
  const auto has = [&](std::size_t column) {
    return column < std::min(header_.size(), row.size());
  };
  const std::size_t center = has(median) ? median : mean();
  if (!has(center)) return Error{Errc::parse, "the row ends before its mean"};
  if (row[center] == "NA" || row[center] == "?") {
    builder.fail(name, "BenchmarkDotNet printed no time");
    return {};
  }
  const auto time = quantity_in(header_[center], row[center], false);
  if (!time || time->unit.canonical != "ns")
    return Error{Errc::parse, in_quotes(row[center]) + " is not a time"};
  MELISAI_CHECK(builder.add_summary(name, wall_time(), time->value));
  if (!has(allocated)) return {};
  const Metric bytes = near_exact("allocated_bytes", "B");
  if (row[allocated] == "-") return builder.add_summary(name, bytes, 0);
  if (const auto size = quantity_in(header_[allocated], row[allocated], true))
    return builder.add_summary(name, bytes, size->value);
  return {};
}

bool has_column(const std::vector<std::string>& header, std::string_view name) {
  return std::any_of(header.begin(), header.end(),
                     [&](const std::string& column) { return is_column(column, name); });
}

bool is_rule(const std::vector<std::string>& cells) {
  return std::all_of(cells.begin(), cells.end(), [](const std::string& cell) {
    return cell.find_first_not_of("-: ") == std::string::npos;
  });
}

/// Of "SampleBenchmark.Sort: Job-ABC(...)", the first line of the detailed results.
std::string type_from(std::string_view line) {
  line = line.substr(0, line.find(": "));
  const std::size_t dot = line.rfind('.');
  return dot == std::string_view::npos ? "" : std::string(line.substr(0, dot));
}

}  // namespace

bool is_dotnet_header(std::string_view line) {
  const auto cells = cells_in(line);
  return has_column(cells, kMethod) && has_column(cells, "Mean");
}

bool is_dotnet_csv_header(std::string_view line) {
  const Result<CsvFields> fields = split_csv(trimmed(line), separator_of(line));
  return fields && has_column(*fields, kMethod) && has_column(*fields, "Job") &&
         has_column(*fields, "Mean");
}

Result<void> parse_dotnet_tables(Lines& lines, ReadingsBuilder& builder) {
  std::optional<Table> table;
  std::string type;
  bool is_first_detail = false;
  Variants jobs;
  Repeated repeated;
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return {};
    if (is_first_detail) type = type_from(*line);
    is_first_detail = *line == "// * Detailed results *";
    if (is_dotnet_header(*line)) {
      table.emplace(cells_in(*line));
      continue;
    }
    const auto cells = cells_in(*line);
    if (cells.empty()) table.reset();
    if (!table || is_rule(cells)) continue;
    const std::string name = table->name_of(cells);
    if (name.empty()) continue;
    const std::string full = type.empty() ? name : type + "." + name;
    const auto added =
        table->add(repeated.name_of(jobs.name_of(full, table->job_of(cells))), cells, builder);
    if (!added) return lines.wrong(added.error().message);
  }
}

Result<void> parse_dotnet_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable csv, CsvTable::read_header(lines));
  const Table table(csv.header());
  Variants jobs;
  Repeated repeated;
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, csv.next());
    if (!row) return {};
    const std::string name =
        repeated.name_of(jobs.name_of(table.name_of(*row), table.job_of(*row)));
    const auto added = table.add(name, *row, builder);
    if (!added) return lines.wrong(added.error().message);
  }
}

}  // namespace melisai::formats
