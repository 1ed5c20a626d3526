// What the fuzz targets have in common: bytes are read whole and in chunks, and what comes out must
// keep the promises of core/measure/formats/formats.h; a promise that is broken aborts.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/input.h"

namespace melisai::fuzz {

/// One way to read bytes.
using Parse =
    std::function<Result<void>(formats::Input&, const formats::Limits&, formats::ReadingsBuilder&)>;

/// Small, so that short inputs reach them.
formats::Limits limits();

/// All formats, then `more`. An input's first byte chooses among them; 0 leaves the choice to the
/// detection.
std::vector<Parse> all_formats_and(std::vector<Parse> more);

void check(std::span<const Parse> parsers, std::span<const std::uint8_t> input);

}  // namespace melisai::fuzz
