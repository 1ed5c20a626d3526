// Formats of tables.
#include "core/measure/formats/csv.h"

#include "core/measure/formats/units.h"
#include "tests/fuzz/reading.h"

namespace melisai::fuzz {
namespace {

using formats::Input;
using formats::Limits;
using formats::ReadingsBuilder;

/// The first column names a benchmark, the others are metrics.
Result<void> read_table(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  formats::Lines lines(input, limits);
  MELISAI_TRY(formats::CsvTable table, formats::CsvTable::read_header(lines));
  while (true) {
    MELISAI_TRY(const std::optional<formats::CsvFields> row, table.next());
    if (!row) return {};
    MELISAI_ASSERT(row->size() == table.header().size());
    for (std::size_t i = 1; i < row->size(); ++i) {
      const auto value = formats::loose_number_from((*row)[i], table.separator() == ',');
      if (!value) continue;
      const auto metric = formats::shown(table.header()[i], "count", Better::unknown);
      if (const auto added = builder.add(row->front(), metric, *value); !added)
        return lines.at(added.error());
    }
  }
}

void read(std::span<const std::uint8_t> input) {
  static const std::vector<Parse> parsers = all_formats_and({read_table});
  check(parsers, input);
}

}  // namespace
}  // namespace melisai::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  melisai::fuzz::read({data, size});
  return 0;
}
