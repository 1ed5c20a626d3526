#include "core/base/text.h"
#include "core/measure/formats/criterion_row.h"
#include "core/measure/formats/csv.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kHead =
    "group,function,value,throughput_num,throughput_type,sample_measured_value,unit,iteration_"
    "count";

enum Column : std::size_t { group, function, value, measured = 5, unit, iterations };

}  // namespace

bool is_criterion_csv_head(std::string_view line) { return line.starts_with(kHead); }

Result<void> parse_criterion_csv(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return {};
    std::string name = (*row)[group];
    for (const Column part : {function, value})
      if (!(*row)[part].empty()) name += "/" + (*row)[part];
    const auto time = number_from((*row)[measured]);
    const auto count = number_from((*row)[iterations]);
    const auto known = unit_from((*row)[unit]);
    if (!time || !count || !known || known->canonical != "ns")
      return lines.wrong("the sample of " + in_quotes(name) + " is not a time and a count");
    MELISAI_CHECK(builder.add(name, wall_time(), *time * known->factor / *count));
  }
}

}  // namespace melisai::formats
