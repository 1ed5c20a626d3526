#include "core/gate/rules.h"

#include <algorithm>

#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/gate/gate.h"

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

std::vector<std::string> unused_rules(const Policy& policy,
                                      const std::vector<BenchmarkResult>& results) {
  std::vector<std::string> sentences;
  for (const Rule& rule : policy.rules) {
    const bool used =
        std::any_of(results.begin(), results.end(), [&](const BenchmarkResult& result) {
          return matches_glob(rule.benchmark, result.name) &&
                 matches_glob(rule.metric, result.metric.name);
        });
    if (!used)
      sentences.push_back("a rule of gate.rules matches nothing: benchmark " +
                          in_quotes(rule.benchmark) + ", metric " + in_quotes(rule.metric));
  }
  return sentences;
}

}  // namespace melisai::gate
