// One value of asv, in whatever shape it was written. Private to asv*.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/measured.h"

namespace melisai::formats {

/// asv tells by a benchmark's name what it measures: time_*, timeraw_*, mem_*, peakmem_*; what
/// track_* yields has whatever unit its author chose, which is in no result.
Measured asv_measured(std::string_view benchmark);

/// What `asv run` prints while it runs.
Result<void> parse_asv_log(Lines& lines, ReadingsBuilder& builder);
bool is_asv_log(std::string_view line);

}  // namespace melisai::formats
