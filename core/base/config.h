// Reading a configuration file: text -> tree (config_guard.h) -> structs. ConfigMap reads typed
// values of one mapping and remembers what was asked for; finish() reports every other key. The
// first error is kept, and every later read goes on with its fallback, so that a reader is a list
// of reads followed by one check.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config_guard.h"
#include "core/base/env_expand.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

/// Keeps the first error of one file.
class ConfigErrors {
 public:
  explicit ConfigErrors(std::string file_name) : file_name_(std::move(file_name)) {}
  void add(ConfigPosition position, const std::string& what);
  const std::optional<Error>& first() const { return first_; }
  std::string place(ConfigPosition position) const;  ///< "FILE:LINE:COLUMN", as errors have it

 private:
  std::string file_name_;
  std::optional<Error> first_;
};

/// Both ends are allowed values.
template <class T>
struct ConfigRange {
  T min;
  T max;
};

/// One mapping. `value` and `errors` must outlive it. A null is an empty mapping; any other kind of
/// value is an error. A key whose value is null counts as absent. Values of the wrong kind, out of
/// range or malformed are errors at the value.
class ConfigMap {
 public:
  ConfigMap(const ConfigValue& value, ConfigErrors& errors);

  std::string string(std::string_view key, std::string_view fallback);
  std::string one_of(std::string_view key, std::span<const std::string_view> allowed,
                     std::string_view fallback);
  bool boolean(std::string_view key,
               bool fallback);  ///< true or false; yes, on and "true" are refused
  int integer(std::string_view key, int fallback, ConfigRange<int> range);  ///< decimal
  Milliseconds duration(std::string_view key, Milliseconds fallback,
                        ConfigRange<Milliseconds> range);
  Bytes bytes(std::string_view key, Bytes fallback, ConfigRange<Bytes> range);
  double number(std::string_view key, double fallback, ConfigRange<double> range);  ///< decimal
  double fraction(std::string_view key, double fallback, ConfigRange<double> range);
  std::vector<std::string> strings(std::string_view key);  ///< a list of scalars; empty when absent

  /// Nothing when the key is absent. Marks the key as known, like every read.
  const ConfigValue* find(std::string_view key);
  /// A null when the key is absent, for a ConfigMap of a section.
  const ConfigValue& section(std::string_view key);
  /// Records an error at the value of `key`, or at the mapping when the key is absent.
  void fail(std::string_view key, const std::string& what);
  /// A key of that name would stand in the wrong place: `where` says which is right.
  void belongs(std::string_view key, std::string_view where);
  /// Reports the first key that no read asked for, with the near or else all known keys. Call it
  /// after the last read and before checks for required keys, so that a misspelt key is not
  /// reported as a missing one.
  void finish();

 private:
  const ConfigValue* scalar(std::string_view key);
  template <class T, class Parse, class Format>
  T in_range(std::string_view key, T fallback, ConfigRange<T> range, Parse parse, Format format);

  const ConfigValue& value_;
  ConfigErrors& errors_;
  std::vector<std::string> known_;  // in the order of the reads, for messages
  std::vector<std::pair<std::string, std::string>> elsewhere_;  // key, where it belongs
};

/// The scalars of a list; an error and nothing when `list` is no list, or an item is no scalar.
std::vector<std::string> scalars_of(const ConfigValue& list, ConfigErrors& errors);

/// "a text", "a list" ...: the kind in words.
std::string_view describe(ConfigValue::Kind kind);

/// "; did you mean 'x'?" when a candidate is near, else "; <label>: a, b, c", or "none".
std::string suggestion(std::string_view word, std::span<const std::string> candidates,
                       std::string_view label);

}  // namespace melisai
