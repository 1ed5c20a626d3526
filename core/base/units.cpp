#include "core/base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <span>

#include "core/base/text.h"

namespace melisai {
namespace {

constexpr double kDurationMsMax = 366.0 * 86'400'000;
constexpr double kBytesMax =
    9'007'199'254'740'992;  // 2^53: every smaller integer is exact in a double
constexpr double kFractionMax = 10;

struct UnitFactor {
  std::string_view name;
  double factor;
};

Error not_a(std::string_view kind, std::string_view text, std::string_view examples) {
  return {Errc::parse,
          in_quotes(text) + " is not a " + std::string(kind) + "; write " + std::string(examples)};
}

// Digits with at most one point. No sign, exponent, hexadecimal, "inf" or "nan": from_chars alone
// would take some of them.
std::optional<double> take_number(std::string_view& text) {
  const std::size_t end = text.find_first_not_of("0123456789.");
  const std::string_view digits = text.substr(0, end);
  double value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                             std::chars_format::fixed);
  if (error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  text.remove_prefix(digits.size());
  return value;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && ((text[end] | 0x20) >= 'a' && (text[end] | 0x20) <= 'z')) ++end;
  const std::string_view letters = text.substr(0, end);
  text.remove_prefix(end);
  return letters;
}

std::string print(const char* format, int digits, double value) {
  std::array<char, 400> buffer;  // the largest double has 309 digits before the point
  const int length = std::snprintf(buffer.data(), buffer.size(), format, digits, value);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string fixed(double value, int decimals) { return print("%.*f", decimals, value); }

// The scale is chosen after rounding, so that 999.96 us becomes 1.000 ms and not 1000.0 us.
std::string scaled(double value, std::span<const UnitFactor> units, int significant) {
  for (const UnitFactor& unit : units) {
    const double mantissa = value / unit.factor;
    const int decimals = std::abs(mantissa) >= 100  ? significant - 3
                         : std::abs(mantissa) >= 10 ? significant - 2
                                                    : significant - 1;
    const std::string digits = fixed(mantissa, decimals);
    if (&unit == &units.back() || std::abs(std::strtod(digits.c_str(), nullptr)) < 1000)
      return digits + (unit.name.empty() ? "" : " ") + std::string(unit.name);
  }
  return "";
}

std::string without_trailing_zeros(std::string text) {
  const std::size_t space = text.find(' ');
  if (text.find('.') >= space) return text;
  std::size_t end = text.find_last_not_of('0', space - 1);
  if (text[end] == '.') --end;
  return text.erase(end + 1, space - end - 1);
}

std::string two_units(long long value, long long factor, const char* large, const char* small) {
  std::string text = std::to_string(value / factor) + " " + large;
  if (value % factor != 0) text += " " + std::to_string(value % factor) + " " + small;
  return text;
}

std::string whole_number_or(double value, int significant) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return fixed(value, 0);
  return print("%.*g", significant, value);
}

std::string binary_quantity(double value) {
  constexpr std::array<std::string_view, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  while (std::abs(value) >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  const std::string digits = unit == 0 ? whole_number_or(value, 4) : fixed(value, 1);
  return digits + " " + std::string(kUnits[unit]);
}

}  // namespace

Result<Milliseconds> parse_duration(std::string_view text) {
  constexpr std::array<UnitFactor, 5> kUnits = {
      {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
  const Error error = not_a("duration", text, "90s, 10m, 1h30m or 250ms");
  std::string_view rest = text;
  std::size_t next_unit = 0;
  double total_ms = 0;
  do {
    const std::optional<double> number = take_number(rest);
    if (!number) return error;
    const bool bare = rest.empty() && next_unit == 0;
    const std::string_view name = bare ? "s" : take_letters(rest);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kUnits.size()) return error;
    total_ms += *number * kUnits[next_unit++].factor;
  } while (!rest.empty());
  if (total_ms > kDurationMsMax)
    return Error{Errc::parse, in_quotes(text) + " is too long; the longest duration is 366d"};
  return Milliseconds{std::llround(total_ms)};
}

Result<Bytes> parse_bytes(std::string_view text) {
  constexpr std::array<UnitFactor, 10> kUnits = {{{"", 1},
                                                  {"B", 1},
                                                  {"KiB", 1024.0},
                                                  {"MiB", 1048576.0},
                                                  {"GiB", 1073741824.0},
                                                  {"TiB", 1099511627776.0},
                                                  {"kB", 1e3},
                                                  {"MB", 1e6},
                                                  {"GB", 1e9},
                                                  {"TB", 1e12}}};
  std::string_view rest = text;
  const std::optional<double> number = take_number(rest);
  if (number) {
    for (const UnitFactor& unit : kUnits) {
      if (unit.name != rest) continue;
      const double bytes = *number * unit.factor;
      if (bytes <= kBytesMax) return static_cast<Bytes>(std::llround(bytes));
      return Error{Errc::parse, in_quotes(text) + " is too large; the largest size is 8192TiB"};
    }
  }
  return not_a("size", text, "64MiB, 4GB or a number of bytes");
}

Result<double> parse_fraction(std::string_view text) {
  std::string_view rest = text;
  const std::optional<double> number = take_number(rest);
  if (!number || (rest != "" && rest != "%"))
    return not_a("percentage", text, "for example 5% or 0.05");
  if (rest.empty() && *number >= 1) {
    const std::string digits = print("%.*g", 15, *number);
    return Error{Errc::parse, in_quotes(text) + " is ambiguous; write " + digits + "% or " +
                                  print("%.*g", 15, *number / 100)};
  }
  const double fraction = rest.empty() ? *number : *number / 100;
  if (fraction > kFractionMax)
    return Error{Errc::parse, in_quotes(text) + " is too large; the largest percentage is 1000%"};
  return fraction;
}

std::string format_duration(std::chrono::nanoseconds duration) {
  constexpr std::array<UnitFactor, 4> kUnits = {{{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  constexpr double kTwoUnitsFrom = 59.95e9;  // rounds to 60.0 s
  const double ns = static_cast<double>(duration.count());
  if (ns < 0) return "-" + format_duration(-duration);
  if (duration.count() < 1000) return std::to_string(duration.count()) + " ns";
  if (ns < kTwoUnitsFrom) return without_trailing_zeros(scaled(ns, kUnits, 3));
  const long long seconds = std::llround(ns / 1e9);
  if (seconds < 3600) return two_units(seconds, 60, "min", "s");
  const long long minutes = (seconds + 30) / 60;
  if (minutes < 1440) return two_units(minutes, 60, "h", "min");
  return two_units((minutes + 30) / 60, 24, "d", "h");
}

std::string format_bytes(Bytes bytes) {
  const std::string text = binary_quantity(static_cast<double>(bytes));
  return text.find(".0 ") == std::string::npos ? text : without_trailing_zeros(text);
}

std::string format_quantity(double value, std::string_view unit) {
  constexpr std::array<UnitFactor, 4> kTime = {{{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  constexpr std::array<UnitFactor, 4> kRate = {
      {{"/s", 1}, {"k/s", 1e3}, {"M/s", 1e6}, {"G/s", 1e9}}};
  if (!std::isfinite(value)) return "n/a";
  const bool small_integer = value == std::floor(value) && std::abs(value) < 1000;
  if (unit == "ns") return small_integer ? fixed(value, 0) + " ns" : scaled(value, kTime, 4);
  if (unit == "1/s") return small_integer ? fixed(value, 0) + " /s" : scaled(value, kRate, 4);
  if (unit == "B") return binary_quantity(value);
  if (unit == "B/s") return binary_quantity(value) + "/s";
  if (unit == "count" || unit == "ratio" || unit.empty()) return whole_number_or(value, 6);
  return whole_number_or(value, 6) + " " + std::string(unit);
}

std::string format_effect(double fraction) {
  if (std::isnan(fraction)) return "n/a";
  if (std::isinf(fraction)) return fraction > 0 ? "+inf %" : "-inf %";
  const std::string digits = fixed(std::abs(fraction) * 100, 1);
  if (digits == "0.0") return "0.0 %";
  return (fraction > 0 ? "+" : "-") + digits + " %";
}

}  // namespace melisai
