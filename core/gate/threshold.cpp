// Smallest change that counts as bad, per metric (table in README.md).
#include <algorithm>
#include <cmath>

#include "core/gate/gate.h"

namespace melisai::gate {
namespace {

/// Default of an exact or near exact metric.
Threshold count_default(const std::string& metric) {
  if (metric == "instructions") return {.relative = 0.01, .floor = 0};
  // Of one operation, where one more is much: any whole one counts.
  if (metric == "allocations") return {.relative = 0.005, .floor = 0.5};
  if (metric == "minor_faults") return {.relative = 0.01, .floor = 16};
  if (metric == "peak_rss") return {.relative = 0.01, .floor = 256 * 1024};
  return {.relative = 0.005, .floor = 5};
}

}  // namespace

double Threshold::effective(double base) const { return std::max(relative, floor / base); }

Threshold threshold_for(const Metric& metric, const Policy& policy, std::optional<double> ruled) {
  if (metric.tier != Tier::exact && metric.tier != Tier::near_exact) {
    return {.relative = ruled.value_or(policy.threshold), .floor = 0};
  }
  Threshold threshold = count_default(metric.name);
  threshold.relative = ruled.value_or(std::min(threshold.relative, policy.threshold));
  return threshold;
}

double percentage_of(const BenchmarkResult& judged, const Policy& policy) {
  const Threshold unruled = threshold_for(judged.metric, policy);
  const double size = judged.base ? std::abs(judged.base->median) : 0;
  const bool is_floor = size > 0 && judged.threshold == unruled.floor / size;
  return is_floor ? unruled.relative : judged.threshold;
}

}  // namespace melisai::gate
