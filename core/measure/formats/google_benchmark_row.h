// One row of Google Benchmark, in whatever shape it was printed. Private to google_benchmark*.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

struct GoogleRow {
  std::string name, run_name;  ///< run_name: without the aggregate's suffix; may be ""
  bool has_type = false;       ///< the tool itself said whether it is an aggregate
  bool is_aggregate = false;
  std::string aggregate_name;
  std::string time_unit;  ///< "" is ns, the tool's default
  std::string error;      ///< not empty: the benchmark failed or was skipped, and why
  std::optional<double> real_time, cpu_time;
  std::optional<double> repetitions;                     ///< how many an aggregate stands for
  std::vector<std::pair<std::string, double>> counters;  ///< as printed

  void clear();
};

/// Repetitions count one by one; where only aggregates were printed, their median stands in. Means,
/// deviations and complexity are no times of a benchmark. Counters are only shown: rates
/// (*_per_second) are better when higher, of others nobody says.
Result<void> add_row(const GoogleRow& row, ReadingsBuilder& builder);
/// Times and counters of `row`, whatever it is, as those of the benchmark `name`.
Result<void> add_values(const std::string& name, const GoogleRow& row, ReadingsBuilder& builder);

/// Console tables, CSV and the JSON of versions before 1.5 do not say which rows are aggregates;
/// their names and neighbours do.
void mark_aggregates(std::vector<GoogleRow>& rows);

Result<void> parse_google_json(Input& input, const Limits& limits, ReadingsBuilder& builder);
Result<void> parse_google_text(Input& input, const Limits& limits, ReadingsBuilder& builder);

/// Whether `line` is the head of a console table, or of a CSV table.
bool is_google_console_head(std::string_view line);
bool is_google_csv_head(std::string_view line);

/// "21.8G/s", "420u", "64Ki", "1.55%", "5.1GB/s": as the console abbreviates counters. `base`: what
/// k, M and G are powers of where no 'i' says it.
std::optional<double> google_counter_from(std::string_view text, double base);

}  // namespace melisai::formats
