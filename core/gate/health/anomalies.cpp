#include <algorithm>

#include "core/base/config.h"
#include "core/base/text.h"
#include "core/gate/health/anomaly_rules.h"
#include "core/gate/health/health.h"
#include "core/gate/health/number_text.h"

namespace melisai::gate {
namespace {

AnomalyRule with_levels(AnomalyRule rule, const HealthPolicy& policy) {
  for (const AnomalyLevels& levels : policy.levels) {
    if (levels.metric != rule.metric) continue;
    rule.warning = levels.warning;
    rule.critical = levels.critical;
  }
  return rule;
}

std::string message_of(const AnomalyRule& rule, const Reading& reading, Severity severity) {
  const double level = severity == Severity::critical ? rule.critical : rule.warning;
  const std::string unit = rule.unit.empty() ? "" : " " + std::string(rule.unit);
  return std::string(rule.title) + (reading.of.empty() ? "" : " of " + reading.of) + ": " +
         number_text(reading.value) + unit + ", " + std::string(to_string(severity)) + " from " +
         number_text(level) + unit;
}

}  // namespace

std::string anomaly_problem(const std::string& metric) {
  std::vector<std::string> names;
  for (const AnomalyRule& rule : anomaly_rules()) names.emplace_back(rule.metric);
  if (std::find(names.begin(), names.end(), metric) != names.end()) return "";
  return "there is no anomaly " + in_quotes(metric) + suggestion(metric, names, "known");
}

std::vector<RuleReading> readings_of(const HostView& host, const HealthPolicy& policy) {
  std::vector<RuleReading> all;
  for (const RuleRow& row : rule_rows()) {
    if (const std::optional<Reading> reading = value_of(row, host))
      all.push_back({with_levels(row.rule, policy), *reading});
  }
  return all;
}

std::vector<Anomaly> anomalies_of(const HostCategories& categories, const HealthPolicy& policy) {
  const HostView host(categories);
  std::vector<Anomaly> anomalies;
  for (const auto& [rule, reading] : readings_of(host, policy)) {
    if (reading.value < rule.warning && reading.value < rule.critical) continue;
    const Severity severity =
        reading.value >= rule.critical ? Severity::critical : Severity::warning;
    anomalies.push_back({.severity = severity,
                         .category = std::string(rule.category),
                         .metric = std::string(rule.metric),
                         .message = message_of(rule, reading, severity),
                         .value = reading.value,
                         .warning = rule.warning,
                         .critical = rule.critical});
  }
  return anomalies;
}

}  // namespace melisai::gate
