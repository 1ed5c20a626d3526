#include "core/measure/formats/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "core/measure/formats/lines.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kMicroSign = "\xC2\xB5";
constexpr std::string_view kGreekMu = "\xCE\xBC";

struct Known {
  std::string_view text;
  double factor;
};

constexpr std::array kTimes = std::to_array<Known>({
    {"ps", 1e-3},      {"picosecond", 1e-3}, {"picoseconds", 1e-3}, {"ns", 1},
    {"nsec", 1},       {"nanos", 1},         {"nanosecond", 1},     {"nanoseconds", 1},
    {"us", 1e3},       {"usec", 1e3},        {"micros", 1e3},       {"microsecond", 1e3},
    {"ms", 1e6},       {"msec", 1e6},        {"millis", 1e6},       {"millisecond", 1e6},
    {"s", 1e9},        {"sec", 1e9},         {"secs", 1e9},         {"second", 1e9},
    {"m", 60e9},       {"min", 60e9},        {"mins", 60e9},        {"minute", 60e9},
    {"h", 3600e9},     {"hr", 3600e9},       {"hour", 3600e9},      {"hours", 3600e9},
    {"minutes", 60e9}, {"seconds", 1e9},     {"milliseconds", 1e6}, {"microseconds", 1e3},
});

constexpr std::array kSizes = std::to_array<Known>({
    {"B", 1},           {"b", 1},           {"byte", 1},
    {"bytes", 1},       {"Bytes", 1},       {"octets", 1},
    {"kB", 1e3},        {"KB", 1e3},        {"kb", 1e3},
    {"MB", 1e6},        {"mb", 1e6},        {"GB", 1e9},
    {"gb", 1e9},        {"TB", 1e12},       {"kilobytes", 1e3},
    {"megabytes", 1e6}, {"gigabytes", 1e9}, {"K", 1024},
    {"kbyte", 1024},    {"kbytes", 1024},   {"KiB", 1 << 10},
    {"MiB", 1 << 20},   {"GiB", 1 << 30},   {"kib", 1 << 10},
    {"mib", 1 << 20},   {"gib", 1 << 30},   {"TiB", 1099511627776.0},
});

/// Of bandwidths only.
constexpr std::array kBits = std::to_array<Known>({
    {"bit", 0.125},
    {"bits", 0.125},
    {"kbit", 125},
    {"kbits", 125},
    {"Kbit", 125},
    {"Kbits", 125},
    {"Mbit", 125e3},
    {"Mbits", 125e3},
    {"Gbit", 125e6},
    {"Gbits", 125e6},
});

constexpr std::array<std::string_view, 5> kPerSecond{"Hz", "rps", "qps", "tps", "ips"};

constexpr std::array<std::string_view, 35> kThings{
    "op",          "ops",          "operations", "operation", "iter",    "iters",    "iterations",
    "call",        "calls",        "req",        "reqs",      "request", "requests", "elem",
    "elems",       "element",      "elements",   "item",      "items",   "event",    "events",
    "transaction", "transactions", "query",      "queries",   "msg",     "messages", "run",
    "runs",        "bench",        "i",          "it",        "loop",    "rows",     "tx"};

constexpr std::array<std::string_view, 14> kCounts{
    "count",        "alloc",       "allocs", "allocations", "objects", "cycles", "cycle",
    "instructions", "instruction", "insn",   "ins",         "faults",  "misses", "counts"};

constexpr std::size_t kUnitBytesMax = 100;

template <std::size_t N>
bool is_in(const std::array<std::string_view, N>& table, std::string_view text) {
  return std::find(table.begin(), table.end(), text) != table.end();
}

template <std::size_t N>
std::optional<double> factor_in(const std::array<Known, N>& table, std::string_view text) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Known& k) { return k.text == text; });
  return found == table.end() ? std::nullopt : std::optional(found->factor);
}

std::string with_ascii_micro(std::string_view text) {
  std::string plain(text);
  for (const std::string_view sign : {kMicroSign, kGreekMu})
    for (std::size_t at = 0; (at = plain.find(sign, at)) != std::string::npos;)
      plain.replace(at, sign.size(), "u");
  return plain;
}

/// "k" of "kops": what a prefix of a count multiplies by.
double prefix_factor(char prefix) {
  switch (prefix) {
    case 'k':
    case 'K': return 1e3;
    case 'M': return 1e6;
    case 'G': return 1e9;
    case 'T': return 1e12;
    default: return 0;
  }
}

/// "ops", "Melem", "Kreq", "M", "": how many things one of it is; nothing for anything else.
std::optional<double> things_from(std::string_view text) {
  if (text.empty() || is_in(kThings, text) || is_in(kCounts, text)) return 1;
  const double factor = prefix_factor(text.front());
  if (factor == 0) return std::nullopt;
  text = trimmed(text.substr(1));
  if (text.empty() || is_in(kThings, text)) return factor;
  return std::nullopt;
}

/// "ns/op" and "ns per op": what stands before and after; nothing when there is no "per".
std::optional<std::pair<std::string_view, std::string_view>> split_per(std::string_view text) {
  for (const std::string_view per : {"/", " per "})
    if (const std::size_t at = text.rfind(per); at != std::string_view::npos)
      return std::pair(trimmed(text.substr(0, at)),
                       trimmed(text.substr(at + per.size())));
  return std::nullopt;
}

/// What is measured per thing is measured: "ns/op" is "ns".
std::string_view without_per_thing(std::string_view text) {
  const auto parts = split_per(text);
  return parts && !parts->first.empty() && is_in(kThings, parts->second) ? parts->first : text;
}

std::optional<Unit> rate_from(std::string_view text) {
  const auto parts = split_per(text);
  if (!parts) return std::nullopt;
  const auto& [what, per] = *parts;
  const auto time = factor_in(kTimes, per);
  if (!time) return std::nullopt;
  const double per_second = 1e9 / *time;
  if (const auto bits = factor_in(kBits, what))
    return Unit{*bits * per_second, "B/s", Better::higher};
  if (const auto size = factor_in(kSizes, what); size && what != "K")
    return Unit{*size * per_second, "B/s", Better::higher};
  if (what == "1") return Unit{per_second, "1/s", Better::higher};
  if (const auto things = things_from(what))
    return Unit{*things * per_second, "1/s", Better::higher};
  return std::nullopt;
}

std::optional<Unit> plain_unit(std::string_view text) {
  if (const auto factor = factor_in(kTimes, text)) return Unit{*factor, "ns", Better::lower};
  if (const auto factor = factor_in(kSizes, text)) return Unit{*factor, "B", Better::lower};
  if (text == "%" || text == "percent") return Unit{0.01, "ratio", Better::unknown};
  if (text == "ratio") return Unit{1, "ratio", Better::unknown};
  if (text == "bps") return Unit{0.125, "B/s", Better::higher};
  if (is_in(kPerSecond, text)) return Unit{1, "1/s", Better::higher};
  if (is_in(kCounts, text) || is_in(kThings, text)) return Unit{1, "count", Better::unknown};
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether the number `text`, which passes what a double can hold, is too small and not too large.
bool is_tiny(std::string_view text) {
  const std::size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, exponent_at);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return true;
  std::int64_t magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  std::string_view exponent = text.substr(std::min(exponent_at + 1, text.size()));
  const bool is_negative = exponent.starts_with('-');
  exponent.remove_prefix(exponent.find_first_of("0123456789") == 1 ? 1 : 0);
  constexpr std::int64_t kBeyondAll = std::numeric_limits<std::int32_t>::max();
  std::int64_t size = 0;
  for (const char digit : exponent) size = std::min(size * 10 + (digit - '0'), kBeyondAll);
  magnitude += is_negative ? -size : size;
  return magnitude < 0;
}

struct Number {
  double value = 0;
  std::size_t length = 0;  ///< 0: there is none, or it is too large
};

/// The number at the start of `text`. What is too small for a double is 0.
Number number_at_start(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error == std::errc()) return {value, length};
  if (error == std::errc::result_out_of_range && is_tiny(text.substr(0, length)))
    return {0, length};
  return {};
}

// The gaps between groups of digits: those of programmers, and of French and Swiss locales.
constexpr std::array<std::string_view, 6> kGaps{" ",           "_", "'", "\xC2\xA0", "\xE2\x80\xAF",
                                                "\xE2\x80\x99"};

/// Length of the gap at the start of `text`, 0 when there is none.
std::size_t gap_length(std::string_view text) {
  for (const std::string_view gap : kGaps)
    if (text.starts_with(gap)) return gap.size();
  return 0;
}

constexpr char kGap = '_';

/// Every gap as one kGap.
std::string with_plain_gaps(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t gap = gap_length(text);
    plain += gap > 0 ? kGap : text.front();
    text.remove_prefix(std::max<std::size_t>(gap, 1));
  }
  return plain;
}

std::size_t digits_at_start(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) -
                                  text.begin());
}

bool all_digits(std::string_view text) { return digits_at_start(text) == text.size(); }

/// The digits of "1,234,567" with `separator` between groups; nothing when they are no groups: 1 to
/// 3 digits, then 3 or (in India) 2, the last one always 3.
std::optional<std::string> ungrouped(std::string_view text, char separator) {
  std::string digits;
  for (bool is_first = true;; is_first = false) {
    const std::size_t size = std::min(text.find(separator), text.size());
    const bool is_last = size == text.size();
    const std::size_t least = is_last ? 3 : is_first ? 1 : 2;
    const bool is_group = (size >= least && size <= 3) || (is_first && is_last);
    if (!is_group || !all_digits(text.substr(0, size))) return std::nullopt;
    digits += text.substr(0, size);
    if (is_last) return digits;
    text.remove_prefix(size + 1);
  }
}

/// Where the decimal separator of "1.234,5" is; nothing when it has none.
std::optional<std::size_t> decimal_separator(std::string_view text, bool commas_group) {
  const std::size_t last = text.find_last_of(".,");
  if (last == std::string_view::npos || text.find(text[last]) != last) return std::nullopt;
  const bool is_group =
      commas_group && text[last] == ',' && text.front() != '0' && ungrouped(text, ',').has_value();
  return is_group ? std::nullopt : std::optional(last);
}

std::optional<Unit> unscaled_unit(std::string_view text) {
  if (const auto rate = rate_from(text)) return rate;
  return plain_unit(without_per_thing(text));
}

}  // namespace

std::optional<Unit> unit_from(std::string_view text) {
  if (text.size() > kUnitBytesMax) return std::nullopt;
  const std::string plain = with_ascii_micro(trimmed(text));
  std::string_view rest = plain;
  double scale = 1;
  if (!rest.empty() && is_digit(rest.front())) {
    const Number number = number_at_start(rest);
    if (number.length < rest.size() && rest[number.length] != '/') {
      scale = number.value;
      rest = trimmed(rest.substr(number.length));
    }
  }
  std::optional<Unit> unit = unscaled_unit(rest);
  if (!unit) return std::nullopt;
  unit->factor *= scale;
  return std::isnormal(unit->factor) ? unit : std::nullopt;
}

std::optional<double> number_from(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && text.substr(1).find_first_of("+-") != 0) text.remove_prefix(1);
  const Number number = number_at_start(text);
  if (number.length == 0 || number.length != text.size()) return std::nullopt;
  return number.value;
}

std::optional<double> loose_number_from(std::string_view text, bool commas_group) {
  constexpr std::size_t kBytesMax = 100;
  text = trimmed(text);
  if (const auto plain = number_from(text)) return plain;
  if (text.size() > kBytesMax) return std::nullopt;
  const std::string gaps = with_plain_gaps(text);
  std::string_view mantissa = gaps;
  const std::string_view exponent =
      mantissa.substr(std::min(mantissa.find_first_of("eE"), mantissa.size()));
  mantissa.remove_suffix(exponent.size());
  std::string number;
  if (mantissa.starts_with('-')) number = "-";
  if (mantissa.starts_with('-') || mantissa.starts_with('+')) mantissa.remove_prefix(1);
  const std::size_t point = decimal_separator(mantissa, commas_group).value_or(mantissa.size());
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view fraction = mantissa.substr(std::min(point + 1, mantissa.size()));
  const std::size_t separator = whole.find_first_of(".,");
  const auto digits = ungrouped(whole, separator < whole.size() ? whole[separator] : kGap);
  if (!digits || !all_digits(fraction)) return std::nullopt;
  return number_from(number.append(*digits).append(".").append(fraction).append(exponent));
}

std::optional<Quantity> quantity_from(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::size_t length = number_at_start(text).length;
  if (length == 0) return std::nullopt;
  while (true) {
    const std::string_view rest = text.substr(length);
    const std::size_t gap = gap_length(rest);
    const bool is_mark = rest.starts_with(',') || rest.starts_with('.');
    const std::size_t digits = digits_at_start(rest.substr(is_mark ? 1 : gap));
    if (is_mark ? digits == 0 : gap == 0 || digits != 3) break;
    length += (is_mark ? 1 : gap) + digits;
  }
  if (text.size() - length > kUnitBytesMax) return std::nullopt;
  const auto number = loose_number_from(text.substr(0, length), true);
  const auto unit = unscaled_unit(with_ascii_micro(trimmed(text.substr(length))));
  if (!number || !unit) return std::nullopt;
  return Quantity{*number * unit->factor, *unit};
}

}  // namespace melisai::formats
