// Metric: one number that a benchmark run yields, with unit and direction. Pair: base and head
// measured side by side.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

namespace melisai {

enum class Better { lower, higher, unknown };  ///< unknown: shown, never judged

/// How exact a metric is: 1 exact counts, 2 near exact, 3 time, 4 explain only.
enum class Tier { exact = 1, near_exact = 2, time = 3, explain = 4 };

struct Metric {
  std::string name;  ///< "wall_time", "peak_rss" ...
  std::string unit;  ///< canonical: ns, B, count, 1/s, B/s, ratio
  Better better = Better::lower;
  Tier tier = Tier::explain;
  bool operator==(const Metric&) const = default;
};

/// One benchmark metric of a suite. `benchmark` is the full name, e.g. "parse/BM_Small".
struct SeriesId {
  std::string benchmark;
  std::string metric;
  auto operator<=>(const SeriesId&) const = default;
};

struct Value {
  Metric metric;
  double value = 0;  ///< finite
  bool operator==(const Value&) const = default;
};

/// What one process run yielded.
struct Observation {
  std::map<SeriesId, Value> values;
  std::map<std::string, std::string>
      failed;  ///< full benchmark name -> what went wrong, in one line
};

/// Both halves of one pair of one benchmark process. Pair 0 and those before it are
/// warm-ups and never judged.
struct Pair {
  int index = 0;
  bool base_first = true;
  int cpu = -1;  ///< the CPU of both halves; -1: not pinned
  Observation base;
  Observation head;
};

/// One number that a collector saw in one window.
struct Sample {
  std::string collector;
  Metric metric;
  double value = 0;  ///< finite
  bool operator==(const Sample&) const = default;
};

}  // namespace melisai
