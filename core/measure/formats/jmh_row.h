// One result of JMH, in whatever shape it was written. Private to jmh*.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/lines.h"

namespace melisai::formats {

struct JmhRow {
  std::string name;       ///< with its parameters
  std::string secondary;  ///< "gc.alloc.rate": a figure beside the score; "": the score itself
  std::string mode;       ///< thrpt, avgt, sample, ss
  std::string unit;
  double score = 0;
  std::vector<double> raw;  ///< of all forks
  std::uint64_t n = 1;      ///< values behind the score
  bool is_rough = false;    ///< printed as an order of magnitude only
};

/// The unit decides what a score is. Sampled and single-shot times are metrics of their own, since
/// one run may measure a benchmark in all modes. Errors: parse, for a unit of the score that is not
/// known.
Result<void> add_row(const JmhRow& row, ReadingsBuilder& builder);

/// The label behind the first ':' of "pkg.Bench.method:·gc.alloc.rate" goes to `secondary`.
void split_label(JmhRow& row);

std::string with_parameter(std::string name, std::string_view parameter, std::string_view value);

/// The log of a run, which ends with a table, or just the table.
Result<void> parse_jmh_table(Lines& lines, ReadingsBuilder& builder);
bool is_jmh_header(std::string_view line);

}  // namespace melisai::formats
