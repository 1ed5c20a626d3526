// What the windows of collectors mean: use of resources, anomalies, a score, advice, and what
// differs between two reports. Pure functions of values. Rates and counts are those of the window;
// what nobody could read makes neither an anomaly nor an advice.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/host_diff.h"
#include "core/model/host_report.h"
#include "core/model/project.h"
#include "core/model/report.h"
#include "core/stats/paired_test.h"

namespace melisai::gate {

/// One kind of anomaly. A value at `critical` or above is critical, else at `warning` or above a
/// warning.
struct AnomalyRule {
  std::string_view metric;
  std::string_view category;
  double warning = 0;
  double critical = 0;
  std::string_view unit;    ///< "%", "ms", "/s"; "" for a plain ratio
  std::string_view title;   ///< "CPU utilization"
  std::string_view source;  ///< where the number comes from
};
/// All 37; levels are melisai's.
std::span<const AnomalyRule> anomaly_rules();
/// Why no rule is called `metric`, with the name that was meant; "" when one is.
std::string anomaly_problem(const std::string& metric);

/// Levels of rules by name. Metrics that no rule has are ignored: whoever reads them refuses them.
struct HealthPolicy {
  std::vector<AnomalyLevels> levels;
  bool operator==(const HealthPolicy&) const = default;
};

/// cpu, memory, disk, network, container_cpu, container_memory: those that were seen.
std::map<std::string, ResourceUse> resources_of(const HostCategories& categories);

/// In the order of the rules.
std::vector<Anomaly> anomalies_of(const HostCategories& categories, const HealthPolicy& policy);

struct Score {
  int health_score = 100;             ///< 0 to 100
  std::vector<Deduction> deductions;  ///< all of them; more than 100 points together end at 0
};
/// melisai's published formula: points by use of each resource times the resource's weight, and 10
/// or 5 for each anomaly. One cause can cost twice; the deductions say where.
Score health_score(const std::map<std::string, ResourceUse>& resources,
                   const std::vector<Anomaly>& anomalies);

/// Priorities from 1: what answers one of `anomalies`, critical ones first; what else goes wrong;
/// then tuning. Within each in the order of melisai's 35 conditions, then ours. Nothing is ever
/// executed by us.
std::vector<Recommendation> recommendations_of(const HostCategories& categories,
                                               const std::vector<Anomaly>& anomalies = {});
/// A better setting that nothing seen asks for.
bool is_tuning(const Recommendation& advice);

HostSummary analyse(const HostCategories& categories, const HealthPolicy& policy);

/// A shorter window is over before a load has repeated itself.
inline constexpr double kWindowSecondsMin = 5;

/// Use of resources, CPU, memory and histograms of both reports that changed by 1 % or 0.1. One is
/// a regression when it is worse by more than its smallest amount and share, and beyond the spread
/// within both windows. Anomalies are matched by metric; one that hovers around its level is
/// unclear. Reports of two machines, profiles or targets, or of windows that are too short, give
/// doubts.
HostDiff compare_hosts(const HostReport& baseline, const HostReport& current);

/// One profiling run of each side, one after the other in random order: what the collectors saw.
struct HealthPair {
  HostCategories base;
  HostCategories head;
};

/// What the judgement may err.
struct HealthRates {
  stats::Rates score;  ///< of the score, which may turn a check red
  stats::Rates rest;   ///< of all that is named beside it together: use, anomalies, advice
};

/// Judges the change of the score, of what resources were used, of what anomalies' rules read and
/// of the badness of advice. `pairs` in time order. A pair whose sides were not seen by the same
/// collectors is left out. Too few pairs for the error are inconclusive and never more.
HealthResult judge_health(const std::vector<HealthPair>& pairs, const HealthGate& gate,
                          const HealthRates& rates);

}  // namespace melisai::gate
