// The checksum by which .gnu_debuglink finds its file. Private to core/symbols.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace melisai::symbols {

/// CRC-32 as in ISO 3309 and zlib: polynomial 0xEDB88320 reflected, "123456789" -> 0xCBF43926.
std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0);

/// Of a whole file; nothing when it cannot be read or is larger than 1 GiB.
std::optional<std::uint32_t> checksum_of(int file);

}  // namespace melisai::symbols
