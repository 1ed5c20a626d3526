#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "core/gate/health/health.h"
#include "core/gate/health/host_view.h"
#include "core/gate/health/use.h"

namespace melisai::gate {
namespace {

constexpr double kDirectionPct = 5;
constexpr double kMediumPct = 20;
constexpr double kHighPct = 50;
// A change below both is none: numbers are shown with about this precision.
constexpr double kNegligiblePct = 1;
constexpr double kNegligible = 0.1;

using Value = std::optional<double>;

struct Compared {
  std::string category;
  std::string metric;
  Value old_value;
  Value new_value;
  bool higher_is_better = false;
};

HostDirection direction_of(double worse_pct) {
  if (worse_pct > kDirectionPct) return HostDirection::regression;
  if (worse_pct < -kDirectionPct) return HostDirection::improvement;
  return HostDirection::unchanged;
}

HostSignificance significance_of(double pct) {
  if (pct >= kHighPct) return HostSignificance::high;
  return pct >= kMediumPct ? HostSignificance::medium : HostSignificance::low;
}

void compare(HostDiff& diff, const Compared& what) {
  if (!what.old_value || !what.new_value) return;
  HostChange change{.category = what.category,
                    .metric = what.metric,
                    .old_value = *what.old_value,
                    .new_value = *what.new_value,
                    .delta = *what.new_value - *what.old_value};
  if (change.old_value != 0) change.delta_pct = 100 * change.delta / std::abs(change.old_value);
  const double negligible_pct = change.delta_pct ? std::abs(*change.delta_pct) : 0;
  if (negligible_pct < kNegligiblePct && std::abs(change.delta) < kNegligible) return;
  // From nothing to something has no percentage and is as large as a change can be.
  const double pct = change.delta_pct.value_or(change.delta > 0 ? HUGE_VAL : -HUGE_VAL);
  change.direction = direction_of(what.higher_is_better ? -pct : pct);
  change.significance = significance_of(std::abs(pct));
  if (change.direction == HostDirection::regression) ++diff.regressions;
  if (change.direction == HostDirection::improvement) ++diff.improvements;
  diff.changes.push_back(std::move(change));
}

void compare_use(HostDiff& diff, const HostSummary& baseline, const HostSummary& current) {
  for (const auto& [name, now] : current.resources) {
    const auto found = baseline.resources.find(name);
    if (found == baseline.resources.end()) continue;
    const ResourceUse& before = found->second;
    compare(diff, {name, "utilization", before.utilization_pct, now.utilization_pct});
    compare(diff, {name, "saturation", before.saturation_pct, now.saturation_pct});
    compare(diff,
            {name, "errors", static_cast<double>(before.errors), static_cast<double>(now.errors)});
    diff.use_deltas[name] = {now.utilization_pct - before.utilization_pct,
                             now.saturation_pct - before.saturation_pct,
                             now.errors - before.errors};
  }
}

struct Both {
  HostView baseline;
  HostView current;
};

void compare_cpu(HostDiff& diff, const Both& hosts) {
  for (const char* metric : {"user_pct", "system_pct", "iowait_pct", "idle_pct", "load_avg_1",
                             "context_switches_per_sec"}) {
    compare(diff, {.category = "cpu",
                   .metric = metric,
                   .old_value = hosts.baseline.number("cpu_utilization", metric),
                   .new_value = hosts.current.number("cpu_utilization", metric),
                   .higher_is_better = std::string_view(metric) == "idle_pct"});
  }
}

// Faults per second where both know them: a count depends on how long somebody watched, and
// melisai's is one since the boot, which says nothing beside one of a window.
void compare_faults(HostDiff& diff, const Both& hosts, bool same_tool) {
  const auto number = [](const HostView& host, const char* metric) {
    return host.number("memory_info", metric);
  };
  const Value before = number(hosts.baseline, "major_faults_per_sec");
  const Value now = number(hosts.current, "major_faults_per_sec");
  if (before && now) {
    compare(diff, {"memory", "major_faults_per_sec", before, now});
  } else if (same_tool) {
    compare(diff, {"memory", "major_faults", number(hosts.baseline, "major_faults"),
                   number(hosts.current, "major_faults")});
  }
}

std::map<std::string, HostHistogram> histograms_of(const HostReport& report) {
  std::map<std::string, HostHistogram> all;
  for (const auto& [category, results] : report.categories)
    for (const HostResult& result : results)
      for (const HostHistogram& histogram : result.histograms) {
        if (histogram.total_count > 0) all.emplace(histogram.name, histogram);
      }
  return all;
}

/// What a value of the current histogram is in the unit of the baseline's.
Value unit_factor(const HostHistogram& baseline, const HostHistogram& current) {
  if (baseline.unit == current.unit) return 1;
  const Value from = milliseconds_in(current.unit);
  const Value to = milliseconds_in(baseline.unit);
  if (!from || !to) return std::nullopt;
  return *from / *to;
}

void compare_histograms(HostDiff& diff, const HostReport& baseline, const HostReport& current) {
  const auto before = histograms_of(baseline);
  for (const auto& [name, now] : histograms_of(current)) {
    const auto found = before.find(name);
    if (found == before.end()) continue;
    const Value factor = unit_factor(found->second, now);
    if (!factor) continue;
    compare(diff, {"histogram", name + "_p50", found->second.p50, now.p50 * *factor});
    compare(diff, {"histogram", name + "_p99", found->second.p99, now.p99 * *factor});
  }
}

/// What both reports say about their host, and differently.
std::vector<HostDifference> host_differences(const HostMetadata& before, const HostMetadata& now) {
  std::vector<HostDifference> differences;
  const auto add = [&](const char* what, const std::string& baseline, const std::string& current) {
    if (!baseline.empty() && !current.empty() && baseline != current)
      differences.push_back({what, baseline, current});
  };
  const auto known = [](int count) { return count > 0 ? std::to_string(count) : ""; };
  add("hostname", before.hostname, now.hostname);
  add("arch", before.arch, now.arch);
  add("cpus", known(before.cpus), known(now.cpus));
  add("memory_gb", known(before.memory_gb), known(now.memory_gb));
  return differences;
}

/// Those of `list` whose metric none of `others` has.
std::vector<Anomaly> missing_in(const std::vector<Anomaly>& others,
                                const std::vector<Anomaly>& list) {
  std::set<std::string> known;
  for (const Anomaly& each : others) known.insert(each.metric);
  std::vector<Anomaly> missing;
  for (const Anomaly& each : list) {
    if (known.insert(each.metric).second) missing.push_back(each);
  }
  return missing;
}

}  // namespace

HostDiff compare_hosts(const HostReport& baseline, const HostReport& current) {
  HostDiff diff;
  diff.baseline = baseline.metadata.timestamp;
  diff.current = current.metadata.timestamp;
  diff.host_differences = host_differences(baseline.metadata, current.metadata);
  if (baseline.summary.health_score && current.summary.health_score)
    diff.health_delta = *current.summary.health_score - *baseline.summary.health_score;
  compare_use(diff, baseline.summary, current.summary);
  const Both hosts{HostView(baseline.categories), HostView(current.categories)};
  compare_cpu(diff, hosts);
  compare(diff, {"memory", "utilization_pct", memory_utilization(hosts.baseline),
                 memory_utilization(hosts.current)});
  compare_faults(diff, hosts, baseline.metadata.tool == current.metadata.tool);
  compare_histograms(diff, baseline, current);
  diff.new_anomalies = missing_in(baseline.summary.anomalies, current.summary.anomalies);
  diff.resolved_anomalies = missing_in(current.summary.anomalies, baseline.summary.anomalies);
  return diff;
}

}  // namespace melisai::gate
