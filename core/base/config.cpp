#include "core/base/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/base/text.h"

namespace melisai {
namespace {

const ConfigValue kNoValue;

// Leading zeros are refused because other readers of YAML take 017 for an octal number.
Result<int> parse_integer(const ConfigValue& value) {
  int number = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  const std::size_t sign = value.text.starts_with('-') ? 1 : 0;
  const bool leading_zero = value.text.size() > sign + 1 && value.text[sign] == '0';
  if (value.quoted || error == std::errc::invalid_argument || stop != end || leading_zero)
    return Error{Errc::config, in_quotes(value.text) +
                                   " is not a whole number; write it in decimal, without quotes"};
  if (error != std::errc{}) return Error{Errc::config, in_quotes(value.text) + " is out of range"};
  return number;
}

std::string format_percentage(double fraction) {
  std::string text = std::to_string(fraction * 100);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + "%";
}

struct UnitSize {
  std::string_view name;
  std::int64_t size;
};

// In the largest unit that divides it, in the form that the parser reads: a message's limits can be
// copied.
std::string in_units(std::int64_t value, std::span<const UnitSize> units) {
  for (const UnitSize& unit : units)
    if (value % unit.size == 0) return std::to_string(value / unit.size) + std::string(unit.name);
  return std::to_string(value);
}

std::string format_limit(Milliseconds limit) {
  constexpr std::array<UnitSize, 5> kUnits = {
      {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
  return limit.count() == 0 ? "0s" : in_units(limit.count(), kUnits);
}

std::string format_size_limit(Bytes limit) {
  constexpr std::array<UnitSize, 4> kUnits = {
      {{"TiB", std::int64_t{1} << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}};
  return in_units(static_cast<std::int64_t>(limit), kUnits);
}

Result<double> parse_number(const ConfigValue& value) {
  double number = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  if (error != std::errc{} || stop != end || !std::isfinite(number))
    return Error{Errc::parse, in_quotes(value.text) + " is not a number; write it like 12 or 0.5"};
  return number;
}

std::string format_number(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", number);
  return text.data();
}

}  // namespace

std::string_view describe(ConfigValue::Kind kind) {
  switch (kind) {
    case ConfigValue::Kind::null: return "nothing";
    case ConfigValue::Kind::scalar: return "a single value";
    case ConfigValue::Kind::sequence: return "a list";
    case ConfigValue::Kind::mapping: return "a mapping";
  }
  return "";
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates,
                       std::string_view label) {
  constexpr std::size_t kShownMax = 20;
  const std::string near = nearest_name(word, candidates);
  if (!near.empty()) return "; did you mean '" + near + "'?";
  std::string list;
  for (std::size_t i = 0; i < std::min(candidates.size(), kShownMax); ++i)
    list += (i == 0 ? "" : ", ") + candidates[i];
  if (candidates.size() > kShownMax) list += ", ...";
  return "; " + std::string(label) + ": " + (list.empty() ? "none" : list);
}

void ConfigErrors::add(ConfigPosition position, const std::string& what) {
  if (!first_) first_ = config_error(file_name_, position, what);
}

std::string ConfigErrors::place(ConfigPosition position) const {
  return file_name_ + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

std::vector<std::string> scalars_of(const ConfigValue& list, ConfigErrors& errors) {
  if (list.kind != ConfigValue::Kind::sequence) {
    errors.add(list.position,
               "expected a list such as [a, b], found " + std::string(describe(list.kind)));
    return {};
  }
  std::vector<std::string> texts;
  for (const ConfigValue& item : list.items) {
    if (item.kind != ConfigValue::Kind::scalar) {
      errors.add(item.position, "expected a list of texts, found " +
                                    std::string(describe(item.kind)) +
                                    " in it; write \"\" for an empty text");
      return {};
    }
    texts.push_back(item.text);
  }
  return texts;
}

ConfigMap::ConfigMap(const ConfigValue& value, ConfigErrors& errors)
    : value_(value), errors_(errors) {
  if (value.kind != ConfigValue::Kind::mapping && value.kind != ConfigValue::Kind::null)
    errors.add(value.position,
               "expected a mapping ('key: value'), found " + std::string(describe(value.kind)));
}

const ConfigValue* ConfigMap::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (const ConfigEntry& entry : value_.entries)
    if (entry.key == key)
      return entry.value.kind == ConfigValue::Kind::null ? nullptr : &entry.value;
  return nullptr;
}

const ConfigValue& ConfigMap::section(std::string_view key) {
  const ConfigValue* const value = find(key);
  return value ? *value : kNoValue;
}

const ConfigValue* ConfigMap::scalar(std::string_view key) {
  const ConfigValue* const value = find(key);
  if (!value || value->kind == ConfigValue::Kind::scalar) return value;
  fail(key, "expected a single value, found " + std::string(describe(value->kind)));
  return nullptr;
}

std::string ConfigMap::string(std::string_view key, std::string_view fallback) {
  const ConfigValue* const value = scalar(key);
  return value ? value->text : std::string(fallback);
}

std::string ConfigMap::one_of(std::string_view key, std::span<const std::string_view> allowed,
                              std::string_view fallback) {
  std::string text = string(key, fallback);
  if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
  const std::vector<std::string> names(allowed.begin(), allowed.end());
  fail(key, "unknown value " + in_quotes(text) + suggestion(text, names, "choose one of"));
  return std::string(fallback);
}

bool ConfigMap::boolean(std::string_view key, bool fallback) {
  const ConfigValue* const value = scalar(key);
  if (!value) return fallback;
  if (!value->quoted && value->text == "true") return true;
  if (!value->quoted && value->text == "false") return false;
  fail(key, in_quotes(value->text) + " is not a truth value; write true or false, without quotes");
  return fallback;
}

template <class T, class Parse, class Format>
T ConfigMap::in_range(std::string_view key, T fallback, ConfigRange<T> range, Parse parse,
                      Format format) {
  const ConfigValue* const value = scalar(key);
  if (!value) return fallback;
  const Result<T> parsed = parse(*value);
  if (!parsed) {
    fail(key, parsed.error().message);
  } else if (*parsed < range.min || *parsed > range.max) {
    fail(key, in_quotes(value->text) + " is out of range; allowed: " + format(range.min) + " to " +
                  format(range.max));
  } else {
    return *parsed;
  }
  return fallback;
}

int ConfigMap::integer(std::string_view key, int fallback, ConfigRange<int> range) {
  return in_range(key, fallback, range, parse_integer,
                  [](int number) { return std::to_string(number); });
}

Milliseconds ConfigMap::duration(std::string_view key, Milliseconds fallback,
                                 ConfigRange<Milliseconds> range) {
  return in_range(
      key, fallback, range, [](const ConfigValue& value) { return parse_duration(value.text); },
      format_limit);
}

Bytes ConfigMap::bytes(std::string_view key, Bytes fallback, ConfigRange<Bytes> range) {
  return in_range(
      key, fallback, range, [](const ConfigValue& value) { return parse_bytes(value.text); },
      format_size_limit);
}

double ConfigMap::fraction(std::string_view key, double fallback, ConfigRange<double> range) {
  return in_range(
      key, fallback, range, [](const ConfigValue& value) { return parse_fraction(value.text); },
      format_percentage);
}

double ConfigMap::number(std::string_view key, double fallback, ConfigRange<double> range) {
  return in_range(key, fallback, range, parse_number, format_number);
}

std::vector<std::string> ConfigMap::strings(std::string_view key) {
  const ConfigValue* const value = find(key);
  return value ? scalars_of(*value, errors_) : std::vector<std::string>{};
}

void ConfigMap::fail(std::string_view key, const std::string& what) {
  for (const ConfigEntry& entry : value_.entries)
    if (entry.key == key) return errors_.add(entry.value.position, "'" + entry.key + "': " + what);
  errors_.add(value_.position, what);
}

void ConfigMap::belongs(std::string_view key, std::string_view where) {
  elsewhere_.emplace_back(key, where);
}

void ConfigMap::finish() {
  for (const ConfigEntry& entry : value_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    for (const auto& [key, where] : elsewhere_)
      if (key == entry.key)
        return errors_.add(entry.position, in_quotes(key) + " does not belong here: " + where);
    return errors_.add(entry.position, "unknown key " + in_quotes(entry.key) +
                                           suggestion(entry.key, known_, "known keys"));
  }
}

}  // namespace melisai
