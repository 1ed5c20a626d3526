// Results given as text, and what was read of one benchmark.
#pragma once

#include <algorithm>
#include <string>

#include "core/measure/formats/formats.h"

namespace melisai::formats {

inline Result<Readings> read_as(const std::string& format, const std::string& text) {
  return read_text(text, "f", {.name = format}, {});
}

/// nullptr: there is none.
inline const Reading* find_reading(const Result<Readings>& readings, const std::string& benchmark,
                                   const std::string& metric = "wall_time") {
  if (!readings) return nullptr;
  const auto found = std::find_if(
      readings->readings.begin(), readings->readings.end(),
      [&](const Reading& r) { return r.benchmark == benchmark && r.metric.name == metric; });
  return found == readings->readings.end() ? nullptr : &*found;
}

/// -1: there is none.
inline double value_in(const Result<Readings>& readings, const std::string& benchmark,
                       const std::string& metric = "wall_time") {
  const Reading* const reading = find_reading(readings, benchmark, metric);
  return reading == nullptr ? -1 : reading->value;
}

}  // namespace melisai::formats
