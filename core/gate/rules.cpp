#include "core/gate/rules.h"

#include "core/base/glob.h"

namespace melisai::gate {

// "*" names no metric: it sets the level of those that gate anyway, and must not make a suite wait
// for every counter that is only shown.
Ruling ruling_for(const SeriesId& id, const Policy& policy) {
  Ruling ruling;
  for (const Rule& rule : policy.rules) {
    if (!matches_glob(rule.benchmark, id.benchmark) || !matches_glob(rule.metric, id.metric))
      continue;
    if (rule.threshold) ruling.threshold = rule.threshold;
    if (!rule.level) continue;
    ruling.level = rule.level;
    ruling.gates_by_name = rule.level != Level::off && (ruling.gates_by_name || rule.metric != "*");
  }
  return ruling;
}

bool is_off(const std::string& benchmark, const Policy& policy) {
  const std::string no_name;  // only rules for all metrics match it
  return ruling_for({benchmark, no_name}, policy).level == Level::off;
}

}  // namespace melisai::gate
