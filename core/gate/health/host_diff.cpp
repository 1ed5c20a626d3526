#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "core/gate/health/anomaly_rules.h"
#include "core/gate/health/health.h"
#include "core/gate/health/host_fields.h"
#include "core/gate/health/host_view.h"

namespace melisai::gate {
namespace {

constexpr double kMediumPct = 20;
constexpr double kHighPct = 50;
// A change below both is none: numbers are shown with about this precision.
constexpr double kNegligiblePct = 1;
constexpr double kNegligible = 0.1;

HostSignificance significance_of(double pct) {
  if (pct >= kHighPct) return HostSignificance::high;
  return pct >= kMediumPct ? HostSignificance::medium : HostSignificance::low;
}

/// What one window did lies apart from what the other did. A window is a dozen readings that follow
/// each other in level, so their mean alone says little of the next one's.
bool is_beyond_spread(const FieldSide& lower, const FieldSide& higher) {
  const double high = lower.spread ? std::max(lower.spread->high, lower.value) : lower.value;
  const double low = higher.spread ? std::min(higher.spread->low, higher.value) : higher.value;
  return low > high;
}

/// With one report a side chance is not known, so a change has to be plain: of the smaller value,
/// for a fall to be as plain as the rise that undoes it.
bool is_plain(const HostField& field, double delta) {
  constexpr double kRounding = 1e-9;
  const double smaller = std::min(std::abs(field.before.value), std::abs(field.now.value));
  const bool is_up = delta > 0;
  return std::abs(delta) >= field.least_delta * (1 - kRounding) &&
         std::abs(delta) > smaller * field.least_pct / 100 &&
         is_beyond_spread(is_up ? field.before : field.now, is_up ? field.now : field.before);
}

void compare(HostDiff& diff, const HostField& field) {
  HostChange change{.category = field.category,
                    .metric = field.metric,
                    .unit = field.unit,
                    .old_value = field.before.value,
                    .new_value = field.now.value,
                    .delta = field.now.value - field.before.value,
                    .delta_pct = std::nullopt,
                    .least_delta = std::max(field.least_delta,
                                            std::abs(field.before.value) * field.least_pct / 100),
                    .same_as = field.same_as};
  if (change.old_value != 0) change.delta_pct = 100 * change.delta / std::abs(change.old_value);
  const double negligible_pct = change.delta_pct ? std::abs(*change.delta_pct) : 0;
  if (negligible_pct < kNegligiblePct && std::abs(change.delta) < kNegligible) return;
  // From nothing to something has no percentage and is as large as a change can be.
  const double pct = change.delta_pct.value_or(change.delta > 0 ? HUGE_VAL : -HUGE_VAL);
  if (is_plain(field, change.delta)) {
    const bool is_worse = (change.delta > 0) != field.higher_is_better;
    change.direction = is_worse ? HostDirection::regression : HostDirection::improvement;
    change.significance = significance_of(std::abs(pct));
    if (field.same_as.empty()) ++(is_worse ? diff.regressions : diff.improvements);
  }
  diff.changes.push_back(std::move(change));
}

void compare_use(HostDiff& diff, const HostSummary& baseline, const HostSummary& current) {
  for (const auto& [name, now] : current.resources) {
    const auto found = baseline.resources.find(name);
    if (found == baseline.resources.end()) continue;
    const ResourceUse& before = found->second;
    diff.use_deltas[name] = {now.utilization_pct - before.utilization_pct,
                             now.saturation_pct - before.saturation_pct,
                             now.errors - before.errors};
  }
}

/// What the rules of anomalies read in both reports.
class AnomalyChanges {
 public:
  AnomalyChanges(const HostReport& baseline, const HostReport& current, const HostDiff& diff)
      : before_(baseline.categories), now_(current.categories), diff_(diff) {}

  /// `anomaly` is of the current report when `is_rise`, else of the baseline, and not so bad in
  /// `other`. Without a rule nothing is known but what the reports say.
  bool is_plain(const Anomaly& anomaly, const std::vector<Anomaly>& other, bool is_rise) const {
    const auto rows = rule_rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const RuleRow& each) {
      return each.rule.metric == anomaly.metric;
    });
    if (row == rows.end()) return true;
    const auto reading = [&](const HostView& host) { return value_of(*row, host); };
    const auto high = reading(is_rise ? now_ : before_);
    const auto low = reading(is_rise ? before_ : now_);
    const double most = high ? high->value : anomaly.value;
    const double least = low ? low->value : value_in(other, anomaly.metric);
    if (const HostChange* const change = change_of(anomaly.metric))
      return change->direction ==
             (is_rise ? HostDirection::regression : HostDirection::improvement);
    return most - least >= least_rise(*row, anomaly) && most >= kTimes * least;
  }

 private:
  // A rate or a latency whose rule has no compared value has to double besides.
  static constexpr double kTimes = 2;
  // Percentage points: of pressure, which every burst of work raises, and of the rest.
  static constexpr double kPressure = 20, kShare = 10;
  // So few events (sockets, drops) more in a window are chance.
  static constexpr double kFewEvents = 3;

  static double value_in(const std::vector<Anomaly>& list, const std::string& metric) {
    for (const Anomaly& each : list)
      if (each.metric == metric) return each.value;
    return 0;
  }

  /// The compared value that the rule reads; null when there is none in both reports, or when it
  /// did not change.
  const HostChange* change_of(const std::string& metric) const {
    struct Same {
      const char *rule, *category, *metric;
    };
    static constexpr std::array<Same, 6> kSame{{
        {"cpu_utilization", "cpu", "utilization"},
        {"cpu_iowait", "cpu", "iowait_pct"},
        {"load_average", "cpu", "load_avg_1"},
        {"memory_utilization", "memory", "utilization"},
        {"disk_utilization", "disk", "utilization"},
        {"container_memory_usage", "container_memory", "utilization"},
    }};
    const auto same =
        std::find_if(kSame.begin(), kSame.end(), [&](const Same& s) { return metric == s.rule; });
    if (same == kSame.end()) return nullptr;
    const auto found =
        std::find_if(diff_.changes.begin(), diff_.changes.end(), [&](const HostChange& change) {
          return change.category == same->category && change.metric == same->metric;
        });
    return found == diff_.changes.end() ? nullptr : &*found;
  }

  double least_rise(const RuleRow& row, const Anomaly& anomaly) const {
    if (row.rule.metric.ends_with("_psi_pressure")) return kPressure;
    if (row.rule.unit == "%") return kShare;
    const double level = anomaly.warning > 0 ? anomaly.warning : row.rule.warning;
    const bool is_count = row.rule.unit == "sockets" || row.rule.unit == "packets";
    if (is_count) return std::max(level, kFewEvents);
    const double seconds = now_.window_seconds(row.collector).value_or(1);
    return row.rule.unit == "/s" ? std::max(level, kFewEvents / seconds) : level;
  }

  const HostView before_, now_;
  const HostDiff& diff_;
};

bool is_as_bad_in(const std::vector<Anomaly>& list, const Anomaly& anomaly) {
  return std::any_of(list.begin(), list.end(), [&](const Anomaly& each) {
    return each.metric == anomaly.metric && each.severity >= anomaly.severity;
  });
}

void compare_anomalies(HostDiff& diff, const HostReport& baseline, const HostReport& current) {
  const AnomalyChanges changes(baseline, current, diff);
  std::vector<Anomaly> risen, fallen, unclear;
  const auto sort_out = [&](const HostReport& one, const HostReport& other, bool is_rise) {
    std::set<std::string> known;
    for (const Anomaly& each : one.summary.anomalies) {
      const std::vector<Anomaly>& others = other.summary.anomalies;
      if (!known.insert(each.metric).second || is_as_bad_in(others, each)) continue;
      const bool is_plain = changes.is_plain(each, others, is_rise);
      (!is_plain ? unclear : is_rise ? risen : fallen).push_back(each);
    }
  };
  sort_out(current, baseline, true);
  sort_out(baseline, current, false);
  diff.new_anomalies = std::move(risen);
  diff.resolved_anomalies = std::move(fallen);
  diff.unclear_anomalies = std::move(unclear);
}

/// What one of the reports alone has seen: nobody knows what the other would have.
std::vector<std::string> gaps_in(const HostSummary& baseline, const HostSummary& current) {
  std::vector<std::string> gaps;
  const auto add = [&](const HostSummary& one, const HostSummary& other, const char* which) {
    for (const auto& [name, use] : one.resources) {
      if (!other.resources.contains(name))
        gaps.push_back("the " + std::string(which) + " says nothing of " + name);
    }
  };
  add(baseline, current, "current report");
  add(current, baseline, "baseline");
  if (baseline.health_score && !current.health_score)
    gaps.emplace_back("the current report has no health score");
  if (!baseline.health_score && current.health_score)
    gaps.emplace_back("the baseline has no health score");
  return gaps;
}

}  // namespace

HostDiff compare_hosts(const HostReport& baseline, const HostReport& current) {
  HostDiff diff;
  diff.baseline = baseline.metadata.timestamp;
  diff.current = current.metadata.timestamp;
  diff.host_differences = host_differences(baseline.metadata, current.metadata);
  if (baseline.summary.health_score && current.summary.health_score)
    diff.health_delta = *current.summary.health_score - *baseline.summary.health_score;
  const std::vector<HostField> fields = fields_of(baseline, current);
  for (const HostField& field : fields) compare(diff, field);
  compare_use(diff, baseline.summary, current.summary);
  compare_anomalies(diff, baseline, current);
  diff.doubts = doubts_of(baseline.metadata, current.metadata, diff.host_differences);
  // A worsening that was seen stands, whatever else was not.
  if (verdict_of(diff) == HostDiffVerdict::pass)
    diff.doubts = gaps_in(baseline.summary, current.summary);
  const bool is_empty = fields.empty() && !diff.health_delta;
  if (verdict_of(diff) == HostDiffVerdict::pass && is_empty)
    diff.doubts.emplace_back("neither report says anything that could be compared");
  return diff;
}

}  // namespace melisai::gate
