// How the parts of procfs say what they found: fields of JSON, rates over the real length of the
// window, and what a value did between its samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/common/proc.h"
#include "plugins/procfs/part.h"

namespace melisai::plugins::procfs {

using Json = nlohmann::ordered_json;

// Of one file; /proc/stat and /proc/vmstat of the largest machines stay below.
constexpr std::size_t kFileBytesMax = std::size_t{4} << 20;

// CPU ticks come every 10 ms on each CPU: rates of shorter intervals are mostly chance.
constexpr Time kIntervalMin = std::chrono::milliseconds(100);

double seconds(Time time);

/// Nothing for an empty window.
std::optional<double> per_second(std::optional<std::int64_t> count, Time window);

/// `part` of `whole` in percent; nothing when the whole is 0.
std::optional<double> percent(double part, double whole);

/// Leaves the field out when there is no value.
template <typename T>
void put(Json& data, std::string_view name, const std::optional<T>& value) {
  if (value) data[std::string(name)] = *value;
}

/// One word or line of a file without its line end; "" counts as missing.
void put_text(Json& data, std::string_view name, std::string_view text);

/// The number that is all of the file at `path`.
void put_count(Json& data, std::string_view name, const std::string& path);

/// What values did over the window: data["samples"][name] = n, min, max, mean and percentiles by
/// nearest rank.
class Samples {
 public:
  /// Beyond 10,000 of one name values are dropped.
  void add(std::string_view name, std::optional<double> value);
  void put(Json& data) const;

 private:
  std::vector<std::pair<std::string_view, std::vector<double>>> series_;
};

/// One file of /proc/pressure: psi_<line>_10, psi_<line>_60 and psi_some_window_pct.
class Pressure {
 public:
  explicit Pressure(const std::string& path) : file_(path) {}
  void start() { before_ = file_.read().value_or(""); }
  void put(Json& data, Time window, bool with_full = false) const;

 private:
  HeldFile file_;
  std::string before_;
};

}  // namespace melisai::plugins::procfs
