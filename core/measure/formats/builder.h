// What a parser reports to: gathers repetitions, bounds everything, refuses what is no number.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/measure/formats/formats.h"

namespace melisai::formats {

/// The metrics that formats yield. Tier time: what a gate judges by its noise; explain: shown only.
Metric wall_time();                                ///< ns, lower; what harnesses call real time
Metric cpu_time();                                 ///< ns, lower
Metric throughput(std::string_view unit = "1/s");  ///< "1/s" or "B/s", higher, judged like a time
Metric exact_count(std::string_view name);  ///< count, lower, tier exact: instructions, allocations
Metric near_exact(std::string_view name, std::string_view unit);  ///< lower: bytes of memory
Metric shown(std::string_view name, std::string_view unit, Better better);

class ReadingsBuilder {
 public:
  explicit ReadingsBuilder(const Limits& limits) : limits_(limits) {}

  /// One measured value, in the metric's canonical unit. The same metric of the same benchmark
  /// again is a repetition. A value that is not finite, or a negative time, fails the benchmark; of
  /// a metric that is only shown it is left out. Errors: limit, parse (a name that is empty).
  Result<void> add(std::string_view benchmark, const Metric& metric, double value);
  /// A figure that the tool computed from `n` values; where there are repetitions too, it is
  /// ignored. Given twice, the median of those given counts, and their n add up.
  Result<void> add_summary(std::string_view benchmark, const Metric& metric, double value,
                           std::uint64_t n = 1);
  /// The benchmark did not work: none of its readings counts.
  void fail(std::string_view benchmark, std::string_view why);

  bool empty() const { return series_.empty() && failed_.empty(); }
  /// Errors: parse, when there was no benchmark at all, or one that failed has no name; limit
  /// (failed benchmarks).
  Result<Readings> take();

 private:
  struct Series {
    Reading reading;
    std::vector<double> summaries;
    std::uint64_t summary_n = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Index = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;

  Result<Series*> series(std::string_view benchmark, const Metric& metric);
  /// False: nothing to keep.
  Result<bool> accept(std::string_view benchmark, const Metric& metric, double value);

  Limits limits_;
  std::vector<Series> series_;
  Index index_;               ///< of benchmark, newline, metric
  std::string key_, buffer_;  ///< of the last lookup, kept for their memory
  std::size_t values_ = 0;
  std::map<std::string, std::string> failed_;
  bool has_nameless_failure_ = false;
  bool has_lost_failure_ = false;  ///< one more than failed_ may hold
};

}  // namespace melisai::formats
