#include <algorithm>
#include <array>
#include <set>

#include "core/gate/health/health.h"
#include "core/gate/health/number_text.h"

namespace melisai::gate {
namespace {

// The formula is the one that melisai publishes. Points are cut to whole ones, hence weights in
// tenths: 22 of 15 * 1.5, on every machine.
int weight_tenths(std::string_view resource) {
  if (resource == "cpu" || resource == "memory") return 15;
  if (resource.starts_with("container_")) return 12;
  if (resource == "disk" || resource == "network") return 10;
  return 5;
}

int utilization_points(double value) {
  return value >= 95 ? 15 : value >= 85 ? 8 : value >= 70 ? 3 : 0;
}
int saturation_points(double value) { return value > 50 ? 15 : value > 10 ? 8 : value > 1 ? 3 : 0; }
int error_points(std::int64_t value) {
  return value > 1000 ? 10 : value > 100 ? 5 : value > 0 ? 2 : 0;
}

constexpr int kCriticalPoints = 10;
constexpr int kWarningPoints = 5;

// Anomalies whose number is already part of a resource's use.
struct SameCause {
  std::string_view metric;
  std::string_view use;
};
constexpr std::array kSameCauses{
    SameCause{"cpu_utilization", "cpu utilization"},
    SameCause{"load_average", "cpu saturation"},
    SameCause{"memory_utilization", "memory utilization"},
    SameCause{"swap_usage", "memory saturation"},
    SameCause{"disk_utilization", "disk utilization"},
    SameCause{"tcp_timewait", "network saturation"},
    SameCause{"tcp_close_wait", "network saturation"},
    SameCause{"tcp_retransmits", "network errors"},
    SameCause{"network_errors_per_sec", "network errors"},
    SameCause{"cpu_throttling", "container_cpu saturation"},
    SameCause{"container_memory_usage", "container_memory utilization"},
};

std::string_view use_behind(std::string_view metric) {
  const auto found = std::find_if(kSameCauses.begin(), kSameCauses.end(),
                                  [&](const SameCause& same) { return same.metric == metric; });
  return found == kSameCauses.end() ? std::string_view() : found->use;
}

/// Collects deductions and which uses have already cost points.
class Account {
 public:
  void charge_use(const std::string& resource, const ResourceUse& use) {
    const int weight = weight_tenths(resource);
    charge(resource + " utilization", number_text(use.utilization_pct) + " %",
           utilization_points(use.utilization_pct) * weight / 10);
    charge(resource + " saturation", number_text(use.saturation_pct) + " %",
           saturation_points(use.saturation_pct) * weight / 10);
    charge(resource + " errors", std::to_string(use.errors) + " a second",
           error_points(use.errors) * weight / 10);
  }
  void charge_anomaly(const Anomaly& anomaly) {
    const std::string use(use_behind(anomaly.metric));
    const bool again = !use.empty() && charged_.contains(use);
    score_.deductions.push_back(
        {std::string(to_string(anomaly.severity)) + " anomaly " + anomaly.metric +
             (again ? ", the cause of " + use + " as well" : ""),
         anomaly.severity == Severity::critical ? kCriticalPoints : kWarningPoints});
  }
  Score close() && {
    int points = 0;
    for (const Deduction& each : score_.deductions) points = std::min(points + each.points, 100);
    score_.health_score = 100 - points;
    return std::move(score_);
  }

 private:
  void charge(const std::string& use, const std::string& amount, int points) {
    if (points == 0) return;
    score_.deductions.push_back({use + " " + amount, points});
    charged_.insert(use);
  }

  Score score_;
  std::set<std::string> charged_;
};

}  // namespace

Score health_score(const std::map<std::string, ResourceUse>& resources,
                   const std::vector<Anomaly>& anomalies) {
  Account account;
  for (const auto& [resource, use] : resources) account.charge_use(resource, use);
  for (const Anomaly& anomaly : anomalies) account.charge_anomaly(anomaly);
  return std::move(account).close();
}

HostSummary analyse(const HostCategories& categories, const HealthPolicy& policy) {
  HostSummary summary;
  summary.resources = resources_of(categories);
  summary.anomalies = anomalies_of(categories, policy);
  Score score = health_score(summary.resources, summary.anomalies);
  if (!summary.resources.empty() || !summary.anomalies.empty())
    summary.health_score = score.health_score;
  summary.deductions = std::move(score.deductions);
  summary.recommendations = recommendations_of(categories, summary.anomalies);
  return summary;
}

}  // namespace melisai::gate
