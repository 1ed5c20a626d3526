// Quantities as people write them: durations (500ms, 10m, 1h30m), sizes (64MiB, 4GB), percentages
// (5%), and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai {

using Bytes = std::uint64_t;
using Milliseconds = std::chrono::milliseconds;

/// "90s", "1h30m", "250ms", "1.5h", "2d": units d h m s ms, each once, largest first; a bare number
/// is seconds. Range 0 to 366 days, rounded to milliseconds. Errors: parse.
Result<Milliseconds> parse_duration(std::string_view text);

/// "64MiB", "1.5GiB" (powers of 1024), "4GB" (powers of 1000), a bare number is bytes. At most 8
/// PiB. Errors: parse.
Result<Bytes> parse_bytes(std::string_view text);

/// "5%" or "0.05": a fraction, 0 <= x <= 10. A bare number must be below 1: "5" may mean 5 % or 500
/// %. Errors: parse.
Result<double> parse_fraction(std::string_view text);

/// "1.5 s", "12.3 ms", "2 min 5 s", "1 h 2 min", "7 d": three significant digits, for people.
std::string format_duration(std::chrono::nanoseconds duration);

/// "64 MiB", "4 GiB", "100 B": exact powers of 1024 without decimals, else one.
std::string format_bytes(Bytes bytes);

/// A value with its unit at a readable scale: (1234567, "ns") -> "1.235 ms", (2097152, "B") -> "2.0
/// MiB", counts as they are. "n/a" when the value is not finite.
std::string format_quantity(double value, std::string_view unit);

/// 0.0512 -> "+5.1 %"; an effect below 0.05 % -> "0.0 %"; infinite -> "+inf %".
std::string format_effect(double fraction);

}  // namespace melisai
