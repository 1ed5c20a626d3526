// One row of Google Benchmark, in whatever shape it was printed. Private to google_benchmark*.cpp.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

struct GoogleRow {
  std::string name, run_name;  ///< run_name: without the aggregate's suffix; may be ""
  bool is_aggregate = false;
  std::string aggregate_name;
  std::string time_unit;  ///< "" is ns, the tool's default
  std::string error;      ///< not empty: the benchmark failed or was skipped, and why
  std::optional<double> real_time, cpu_time;
  std::vector<std::pair<std::string, double>> counters;  ///< as printed

  void clear();
};

/// Repetitions count one by one; where only aggregates were printed, their median stands in. Means,
/// deviations and complexity are no times of a benchmark. Counters are only shown: rates
/// (*_per_second) are better when higher, of others nobody says.
Result<void> add_row(const GoogleRow& row, ReadingsBuilder& builder);

Result<void> parse_google_json(Input& input, const Limits& limits, ReadingsBuilder& builder);

}  // namespace melisai::formats
