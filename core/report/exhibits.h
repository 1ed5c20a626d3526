// What a page can show beside the report itself: values that the store has, and files that lie
// beside report.json. Plain data, gathered by the caller; hostile like the report.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/metric.h"
#include "core/model/report.h"

namespace melisai::report {

/// One judged pair.
struct ShownPair {
  double base = 0;
  double head = 0;
  bool base_first = true;
  bool disturbed = false;
  bool operator==(const ShownPair&) const = default;
};

/// What was known after so many pairs; nothing: no limit yet.
struct ShownInterval {
  int pairs = 0;
  std::optional<double> low, high;  ///< fractions, positive = worse
  bool operator==(const ShownInterval&) const = default;
};

struct ShownSeries {
  SeriesId id;
  std::vector<ShownPair> pairs;        ///< in time order
  std::vector<double> base, head;      ///< values that were not measured in pairs
  std::vector<ShownInterval> running;  ///< at the looks of the gate, ascending; may be empty
  int confirm_from = 0;                ///< the first pair of the confirmation, from 1; 0: none
};

struct ShownPoint {
  std::string label;  ///< of a commit
  double value = 0;
};
struct ShownHistory {
  SeriesId id;
  std::string unit;
  std::vector<ShownPoint> points;    ///< oldest first
  std::vector<std::size_t> changes;  ///< first points after a change, ascending
};

struct ShownFlame {
  std::string path;  ///< as in the report's evidence
  std::string svg;
};

struct Exhibits {
  std::vector<ShownSeries> series;  ///< in any order
  std::vector<ShownHistory> history;
  std::vector<ShownFlame> flames;
  std::string repeat;  ///< the command that repeats it, ready for a shell; "" when there is none
};

constexpr std::size_t kFlameBytesMax = 2 << 20;      ///< of one graph in a page
constexpr std::size_t kFlamesBytesMax = 3 << 20;     ///< of all; the rest is named only
constexpr std::size_t kHtmlBytesMax = 16UL << 20UL;  ///< of a page

/// The flame graphs that the evidence of `report` names, from `directory`: those that are files
/// below flame/, as far as the limits allow.
std::vector<ShownFlame> read_flames(const Report& report, const std::string& directory);

}  // namespace melisai::report
