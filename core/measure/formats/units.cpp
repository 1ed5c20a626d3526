#include "core/measure/formats/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace melisai::formats {
namespace {

constexpr std::string_view kMicroSign = "\xC2\xB5";
constexpr std::string_view kGreekMu = "\xCE\xBC";

struct Known {
  std::string_view text;
  double factor;
};

constexpr std::array<Known, 25> kTimes{{
    {"ps", 1e-3},         {"picoseconds", 1e-3}, {"ns", 1},        {"nsec", 1},
    {"nanosecond", 1},    {"nanoseconds", 1},    {"us", 1e3},      {"usec", 1e3},
    {"microsecond", 1e3}, {"microseconds", 1e3}, {"ms", 1e6},      {"msec", 1e6},
    {"millisecond", 1e6}, {"milliseconds", 1e6}, {"s", 1e9},       {"sec", 1e9},
    {"secs", 1e9},        {"second", 1e9},       {"seconds", 1e9}, {"m", 60e9},
    {"min", 60e9},        {"minutes", 60e9},     {"h", 3600e9},    {"hr", 3600e9},
    {"hours", 3600e9},
}};

constexpr std::array<Known, 27> kSizes{{
    {"B", 1},           {"byte", 1},
    {"bytes", 1},       {"Bytes", 1},
    {"kB", 1e3},        {"KB", 1e3},
    {"MB", 1e6},        {"GB", 1e9},
    {"TB", 1e12},       {"K", 1024},
    {"KiB", 1 << 10},   {"MiB", 1 << 20},
    {"GiB", 1 << 30},   {"TiB", 1099511627776.0},
    {"kib", 1 << 10},   {"mib", 1 << 20},
    {"gib", 1 << 30},   {"b", 1},
    {"kb", 1e3},        {"mb", 1e6},
    {"gb", 1e9},        {"kilobytes", 1e3},
    {"megabytes", 1e6}, {"gigabytes", 1e9},
    {"kbytes", 1024},   {"kbyte", 1e3},
    {"octets", 1},
}};

constexpr std::array<std::string_view, 33> kThings{
    "op",          "ops",          "operations", "operation", "iter",    "iters",    "iterations",
    "call",        "calls",        "req",        "reqs",      "request", "requests", "elem",
    "elems",       "element",      "elements",   "item",      "items",   "event",    "events",
    "transaction", "transactions", "query",      "queries",   "msg",     "messages", "run",
    "runs",        "bench",        "i",          "loop",      "tx"};

constexpr std::array<std::string_view, 14> kCounts{
    "count",        "alloc",       "allocs", "allocations", "objects", "cycles", "cycle",
    "instructions", "instruction", "insn",   "ins",         "faults",  "misses", "counts"};

template <std::size_t N>
std::optional<double> factor_in(const std::array<Known, N>& table, std::string_view text) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Known& k) { return k.text == text; });
  return found == table.end() ? std::nullopt : std::optional(found->factor);
}

template <std::size_t N>
bool is_in(const std::array<std::string_view, N>& table, std::string_view text) {
  return std::find(table.begin(), table.end(), text) != table.end();
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
  text.remove_prefix(1);
  if (text.empty() || is_in(kThings, text)) return factor;
  return std::nullopt;
}

/// What is measured per thing is measured: "ns/op" is "ns".
std::string_view without_per_thing(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash != std::string_view::npos && slash > 0 && is_in(kThings, text.substr(slash + 1)))
    return text.substr(0, slash);
  return text;
}

std::optional<Unit> rate_from(std::string_view text) {
  std::size_t slash = text.rfind('/');
  std::size_t skip = 1;
  if (slash == std::string_view::npos) {
    slash = text.rfind(" per ");
    skip = 5;
  }
  if (slash == std::string_view::npos) return std::nullopt;
  const auto time = factor_in(kTimes, text.substr(slash + skip));
  if (!time) return std::nullopt;
  const double per_second = 1e9 / *time;
  const std::string_view what = text.substr(0, slash);
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
  if (text == "bits/s" || text == "bps") return Unit{0.125, "B/s", Better::higher};
  if (text == "Hz" || text == "rps" || text == "qps" || text == "tps" || text == "ips")
    return Unit{1, "1/s", Better::higher};
  if (is_in(kCounts, text) || is_in(kThings, text)) return Unit{1, "count", Better::unknown};
  return std::nullopt;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Where the number at the start of `text` ends.
std::size_t number_length(std::string_view text) {
  double ignored = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ignored);
  return error == std::errc() ? static_cast<std::size_t>(end - text.data()) : 0;
}

}  // namespace

std::optional<Unit> unit_from(std::string_view text) {
  const std::string plain = with_ascii_micro(without_blanks(text));
  std::string_view rest = plain;
  double scale = 1;
  if (const std::size_t digits = rest.empty() || !is_digit(rest.front()) ? 0 : number_length(rest);
      digits > 0 && digits < rest.size() && rest[digits] != '/') {
    scale = *number_from(rest.substr(0, digits));
    rest = without_blanks(rest.substr(digits));
  }
  std::optional<Unit> unit = rate_from(rest);
  if (!unit) unit = plain_unit(without_per_thing(rest));
  if (unit) unit->factor *= scale;
  return unit;
}

std::optional<double> number_from(std::string_view text) {
  text = without_blanks(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("+")) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return std::nullopt;
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> loose_number_from(std::string_view text, bool commas_group) {
  text = without_blanks(text);
  if (const auto plain = number_from(text);
      plain && text.find_first_of(",_") == std::string_view::npos)
    return plain;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_gap = text[i] == '_' || text[i] == ' ' || text[i] == '\'';
    // The no-break spaces of French and Swiss locales.
    const bool is_wide_gap = text.substr(i).starts_with("\xC2\xA0");
    const bool is_thin_gap = text.substr(i).starts_with("\xE2\x80\xAF");
    if (is_wide_gap) i += 1;
    if (is_thin_gap) i += 2;
    if (!is_gap && !is_wide_gap && !is_thin_gap) digits += text[i];
  }
  const std::size_t comma = digits.rfind(',');
  const std::size_t dot = digits.rfind('.');
  const auto commas = std::count(digits.begin(), digits.end(), ',');
  const auto dots = std::count(digits.begin(), digits.end(), '.');
  const bool has_both = commas > 0 && dots > 0;
  const bool is_group = comma != std::string::npos && digits.size() - comma == 4;
  const bool comma_is_decimal =
      commas == 1 && (has_both ? comma > dot : !(is_group && commas_group));
  if (comma_is_decimal) {
    std::erase(digits, '.');
    std::replace(digits.begin(), digits.end(), ',', '.');
  } else {
    std::erase(digits, ',');
    if (dots > 1) std::erase(digits, '.');
  }
  return number_from(digits);
}

std::optional<Quantity> quantity_from(std::string_view text) {
  text = without_blanks(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::size_t length = number_length(text);
  if (length == 0) return std::nullopt;
  // "1,234.5 ns"
  while (length < text.size() &&
         (text[length] == ',' || is_digit(text[length]) ||
          (text[length] == '.' && length + 1 < text.size() && is_digit(text[length + 1]))))
    ++length;
  const auto number = loose_number_from(text.substr(0, length), true);
  const auto unit = unit_from(text.substr(length));
  if (!number || !unit) return std::nullopt;
  return Quantity{*number * unit->factor, *unit};
}

}  // namespace melisai::formats
