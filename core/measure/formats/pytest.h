// The tables that pytest-benchmark prints. Private to pytest*.cpp.
#pragma once

#include "core/measure/formats/builder.h"
#include "core/measure/formats/lines.h"

namespace melisai::formats {

/// Medians, else means; of a comparison with stored runs, the run that was made NOW. A run that
/// died before its tables has none.
Result<void> parse_pytest_table(Lines& lines, ReadingsBuilder& builder);

}  // namespace melisai::formats
