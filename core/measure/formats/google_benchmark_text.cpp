#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/measure/formats/csv.h"
#include "core/measure/formats/google_benchmark_row.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using Counters = std::vector<std::pair<std::string, double>>;

/// The library counts bytes in powers of 1024, whatever it prints; other counters in those of 1000.
double base_of(std::string_view counter) { return counter == "bytes_per_second" ? 1024 : 1000; }

/// "a=1.5M b c=3/s a label": counters with their names, which may hold blanks; then a label.
Counters named_counters(std::string_view text) {
  static const RE2 counter_regex(R"(\s*(\S[^=]*)=(\S+))");
  static const RE2 old_rate_regex(R"(\s*([-+0-9.e]+[kMGT]?)(B/s| items/s))");
  Counters counters;
  re2::StringPiece rest(text.data(), text.size());
  std::string name, value;
  while (true) {
    const re2::StringPiece before = rest;
    if (RE2::Consume(&rest, old_rate_regex, &value, &name)) {
      const auto number = google_counter_from(value, 1024);
      if (!number) return counters;
      counters.emplace_back(name == "B/s" ? "bytes_per_second" : "items_per_second", *number);
    } else if (RE2::Consume(&rest, counter_regex, &name, &value)) {
      const auto number = google_counter_from(value, base_of(name));
      if (!number) return counters;
      counters.emplace_back(name, *number);
    }
    if (rest.size() == before.size()) return counters;
  }
}

/// Of --benchmark_counters_tabular: a counter's name ends in the head where its value ends below.
Counters tabular_counters(std::string_view line, std::size_t from, std::string_view head) {
  Counters counters;
  std::size_t name_from = from;
  for (std::size_t at = from; at < line.size();) {
    at = line.find_first_not_of(' ', at);
    if (at == std::string_view::npos) break;
    const std::size_t end = std::min(line.find(' ', at), line.size());
    if (end > head.size() || (end < head.size() && head[end] != ' ')) break;
    const std::string_view name = trimmed(head.substr(name_from, end - name_from));
    const auto value = google_counter_from(line.substr(at, end - at), base_of(name));
    if (!value || name.empty()) break;
    counters.emplace_back(name, *value);
    name_from = at = end;
  }
  return counters;
}

bool is_time(const GoogleRow& row) {
  const std::optional<Unit> unit = unit_from(row.time_unit);
  return unit && unit->canonical == "ns";
}

/// One row of the console; nothing when the line is something else, or cut off.
std::optional<GoogleRow> console_row(std::string_view line, std::string_view head) {
  static const RE2 failed_regex(R"((\S.*?)\s+(?:ERROR OCCURRED|SKIPPED): '(.*)'\s*)");
  static const std::string time(R"(\s+([-+]?\d[-+.,\de]*|-?inf|-?nan) (\S+))");
  static const RE2 times_regex(R"((\S.*?))" + time + time + R"((?:\s+(\d+))?( .*)?)");
  const re2::StringPiece text(line.data(), line.size());
  GoogleRow row;
  if (RE2::FullMatch(text, failed_regex, &row.name, &row.error)) {
    row.error = "reported an error: " + row.error;
    return row;
  }
  std::string real, cpu, cpu_unit, iterations;
  re2::StringPiece rest;
  if (!RE2::FullMatch(text, times_regex, &row.name, &real, &row.time_unit, &cpu, &cpu_unit,
                      &iterations, &rest) ||
      row.time_unit != cpu_unit)
    return std::nullopt;
  // With the decimal comma of some locales.
  row.real_time = loose_number_from(real, false);
  row.cpu_time = loose_number_from(cpu, false);
  row.repetitions = number_from(iterations);
  const bool is_cut_off = iterations.empty() && is_time(row);
  if (!row.real_time || !row.cpu_time || is_cut_off) return std::nullopt;
  const std::size_t iterations_end =
      head.find("Iterations") + std::string_view("Iterations").size();
  const bool is_tabular = head.find("UserCounters...") == std::string_view::npos &&
                          !trimmed(head.substr(iterations_end)).empty();
  const std::string_view counters(rest.data(), rest.size());
  row.counters = is_tabular ? tabular_counters(line, line.size() - counters.size(), head)
                            : named_counters(counters);
  return row;
}

struct CsvHead {
  CsvFields names;

  std::string_view field(const CsvFields& row, std::string_view name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    const auto at = static_cast<std::size_t>(found - names.begin());
    return at < row.size() ? std::string_view(row[at]) : std::string_view();
  }
};

GoogleRow csv_row(const CsvHead& head, const CsvFields& fields) {
  GoogleRow row;
  row.name = head.field(fields, "name");
  row.time_unit = head.field(fields, "time_unit");
  row.real_time = number_from(head.field(fields, "real_time"));
  row.cpu_time = number_from(head.field(fields, "cpu_time"));
  row.repetitions = number_from(head.field(fields, "iterations"));
  if (head.field(fields, "error_occurred") == "true")
    row.error = "reported an error: " + std::string(head.field(fields, "error_message"));
  constexpr std::array<std::string_view, 8> kOwn{"name",           "iterations",   "real_time",
                                                 "cpu_time",       "time_unit",    "label",
                                                 "error_occurred", "error_message"};
  for (std::size_t i = 0; i < std::min(head.names.size(), fields.size()); ++i) {
    if (std::find(kOwn.begin(), kOwn.end(), head.names[i]) != kOwn.end()) continue;
    if (const auto value = number_from(fields[i])) row.counters.emplace_back(head.names[i], *value);
  }
  return row;
}

/// Rows of one file, in whatever tables they stand.
class Tables {
 public:
  Tables(Lines& lines, const Limits& limits) : lines_(lines), limits_(limits) {}

  Result<std::vector<GoogleRow>> read() {
    while (true) {
      MELISAI_TRY(const std::optional<std::string_view> line, lines_.next());
      if (!line) return std::move(rows_);
      MELISAI_CHECK(take(*line));
      if (rows_.size() > limits_.readings_max)
        return Error{Errc::limit, "more than " + std::to_string(limits_.readings_max) + " rows"};
    }
  }

 private:
  Result<void> take(std::string_view line) {
    if (is_google_console_head(line)) {
      console_head_ = line;
      csv_head_.names.clear();
    } else if (is_google_csv_head(line)) {
      Result<CsvFields> names = split_csv(line, ',');
      if (!names) return lines_.wrong(names.error().message);
      csv_head_.names = *std::move(names);
    } else if (!csv_head_.names.empty() && line.starts_with('"')) {
      return take_csv(line);
    } else if (!console_head_.empty()) {
      if (std::optional<GoogleRow> row = console_row(line, console_head_))
        rows_.push_back(*std::move(row));
    }
    return {};
  }

  /// A row that breaks off is the last of a run that was killed; before other rows it is an error.
  Result<void> take_csv(std::string_view line) {
    if (broken_row_) return *broken_row_;
    const Result<CsvFields> fields = split_csv(line, ',');
    // Rows of errors lack the counters' columns.
    const bool is_whole = fields && (fields->size() == csv_head_.names.size() ||
                                     csv_head_.field(*fields, "error_occurred") == "true");
    if (is_whole) {
      rows_.push_back(csv_row(csv_head_, *fields));
      return {};
    }
    broken_row_ =
        lines_.wrong(fields ? "the row has " + std::to_string(fields->size()) +
                                  " fields and the header " + std::to_string(csv_head_.names.size())
                            : fields.error().message);
    return {};
  }

  Lines& lines_;
  const Limits& limits_;
  std::string console_head_;
  CsvHead csv_head_;
  std::optional<Error> broken_row_;
  std::vector<GoogleRow> rows_;
};

}  // namespace

std::optional<double> google_counter_from(std::string_view text, double base) {
  static const RE2 number_regex(R"(([-+0-9.e]+|inf|nan)([kKMGTPEZYmunpfazy]?)(i?)(B?/s|s|%)?)");
  std::string number, prefix, binary, unit;
  if (!RE2::FullMatch({text.data(), text.size()}, number_regex, &number, &prefix, &binary, &unit))
    return std::nullopt;
  std::optional<double> value = number_from(number);
  if (!value || prefix.empty()) return value;
  const auto up = std::string_view("kMGTPEZY").find(prefix == "K" ? "k" : prefix);
  const auto down = std::string_view("munpfazy").find(prefix);
  if (up != std::string_view::npos)
    return *value * std::pow(binary.empty() ? base : 1024, static_cast<double>(up + 1));
  return *value * std::pow(1000, -static_cast<double>(down + 1));
}

bool is_google_console_head(std::string_view line) {
  static const RE2 head_regex(R"(Benchmark\s+Time\s+CPU\s+Iterations.*)");
  return line.starts_with("Benchmark") && RE2::FullMatch({line.data(), line.size()}, head_regex);
}

bool is_google_csv_head(std::string_view line) {
  return line.starts_with("name,iterations,real_time,cpu_time,time_unit");
}

void mark_aggregates(std::vector<GoogleRow>& rows) {
  std::map<std::string, std::size_t, std::less<>> rows_of;
  for (const GoogleRow& row : rows) ++rows_of[row.name];
  constexpr std::array<std::string_view, 4> kUsual{"mean", "median", "stddev", "cv"};
  // The usual ones come together; a benchmark may be called x_mean.
  const auto has_all = [&](const std::string& base) {
    return std::all_of(kUsual.begin(), kUsual.begin() + 3, [&](std::string_view statistic) {
      return rows_of.contains(base + "_" + std::string(statistic));
    });
  };
  const GoogleRow* last = nullptr;  // of the usual ones
  for (GoogleRow& row : rows) {
    const std::size_t mark = row.name.rfind('_');
    if (mark == std::string::npos || !row.error.empty()) continue;
    const std::string run_name = row.name.substr(0, mark);
    const std::string statistic = row.name.substr(mark + 1);
    const bool is_usual =
        std::find(kUsual.begin(), kUsual.end(), statistic) != kUsual.end() && has_all(run_name);
    const bool is_complexity = (statistic == "BigO" || statistic == "RMS") && !is_time(row);
    const bool is_own_statistic = last != nullptr && run_name == last->run_name &&
                                  row.repetitions == last->repetitions && rows_of[row.name] == 1;
    if (!is_usual && !is_complexity && !is_own_statistic) continue;
    row.is_aggregate = true;
    row.run_name = run_name;
    row.aggregate_name = statistic;
    if (is_usual) last = &row;
  }
}

Result<void> parse_google_text(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  Tables tables(lines, limits);
  MELISAI_TRY(std::vector<GoogleRow> rows, tables.read());
  mark_aggregates(rows);
  for (const GoogleRow& row : rows) MELISAI_CHECK(add_row(row, builder));
  return {};
}

}  // namespace melisai::formats
