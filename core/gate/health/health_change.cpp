// Is the host less healthy while the head's suite runs than while the base's does?
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/gate/comparison.h"
#include "core/gate/health/advice.h"
#include "core/gate/health/anomaly_rules.h"
#include "core/gate/health/health.h"
#include "core/gate/health/number_text.h"
#include "core/gate/wording.h"
#include "core/stats/few_pairs.h"

namespace melisai::gate {
namespace {

// In units of the level at which an anomaly or an advice begins.
constexpr double kNotable = 0.5;
constexpr double kUseDelta = 5;  // percentage points of utilization or saturation
// So few events (sockets, drops) more in each of several windows are chance.
constexpr double kFewEvents = 3;

struct Run {
  HostSummary summary;
  std::map<std::string, double> readings;  ///< what each rule reads, met or not
};

struct Runs {
  std::vector<Run> base, head;
  double seconds = 1;  ///< of a window
};

Run run_of(const HostCategories& categories, const HealthPolicy& policy) {
  Run run{.summary = analyse(categories, policy), .readings = {}};
  for (const RuleReading& read : readings_of(HostView(categories), policy))
    run.readings[std::string(read.rule.metric)] = read.reading.value;
  return run;
}

double seconds_of(const HostCategories& categories) {
  const HostView host(categories);
  for (const auto& [category, results] : categories)
    for (const HostResult& result : results)
      if (const auto seconds = host.window_seconds(result.collector)) return *seconds;
  return 1;
}

/// A number of one run; nothing is 0: both sides were seen by the same collectors, so there was
/// nothing to read.
using Number = std::function<double(const Run&)>;

struct Values {
  std::vector<double> base, head;
};

Values values_of(const Runs& runs, const Number& number) {
  Values values;
  for (const Run& run : runs.base) values.base.push_back(number(run));
  for (const Run& run : runs.head) values.head.push_back(number(run));
  return values;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

struct Limits {
  stats::Rates rates;
  bool may_alarm = true;  ///< there are pairs enough for anything but "clear"
};

Limits limits_of(const Runs& runs, const stats::Rates& rates) {
  const auto pairs = static_cast<int>(runs.base.size());
  return {.rates = rates, .may_alarm = pairs >= stats::pairs_needed(rates.alarm)};
}

/// Which way a quantity went: regressed, improved, clear, or inconclusive. More is worse.
Decision judge(const Values& values, double delta, const Limits& limits) {
  constexpr double kRounding = 1e-9;
  const double enough = delta * (1 - kRounding);
  const stats::ShiftOfFew worse = stats::shift_of_few(values.base, values.head, limits.rates);
  if (limits.may_alarm && worse.low > 0 && worse.center >= enough) return Decision::regressed;
  const stats::ShiftOfFew better = stats::shift_of_few(values.head, values.base, limits.rates);
  if (limits.may_alarm && better.low > 0 && better.center >= enough) return Decision::improved;
  return worse.high < enough ? Decision::clear : Decision::inconclusive;
}

template <class Entries, class Name>
std::set<std::string> names_in(const Runs& runs, Entries entries, Name name) {
  std::set<std::string> names;
  for (const auto* side : {&runs.base, &runs.head}) {
    for (const Run& run : *side) {
      for (const auto& entry : entries(run.summary)) names.insert(name(entry));
    }
  }
  return names;
}

/// What may be named beside the score: all that any run of either side says, chosen without looking
/// at the sides, so that choosing does not favour one.
struct Candidates {
  std::set<std::string> anomalies, advice, resources;
  std::size_t count() const { return anomalies.size() + advice.size() + 2 * resources.size(); }
};

Candidates candidates_in(const Runs& runs) {
  return {.anomalies = names_in(
              runs, [](const HostSummary& summary) { return summary.anomalies; },
              [](const Anomaly& anomaly) { return anomaly.metric; }),
          .advice = names_in(
              runs, [](const HostSummary& summary) { return summary.recommendations; },
              [](const Recommendation& advice) { return advice.id; }),
          .resources = names_in(
              runs, [](const HostSummary& summary) { return summary.resources; },
              [](const auto& entry) { return entry.first; })};
}

/// The run of `side` that is in the middle of those that hold it.
template <class Entry, class Find, class Size>
Entry typical(const std::vector<Run>& side, Find find, Size size) {
  std::vector<const Entry*> seen;
  for (const Run& run : side) {
    if (const Entry* entry = find(run.summary)) seen.push_back(entry);
  }
  MELISAI_ASSERT(!seen.empty());
  std::sort(seen.begin(), seen.end(),
            [&](const Entry* a, const Entry* b) { return size(*a) < size(*b); });
  return *seen[seen.size() / 2];
}

const Anomaly* anomaly_in(const HostSummary& summary, const std::string& metric) {
  const auto found = std::find_if(summary.anomalies.begin(), summary.anomalies.end(),
                                  [&](const Anomaly& anomaly) { return anomaly.metric == metric; });
  return found == summary.anomalies.end() ? nullptr : &*found;
}

const Recommendation* advice_in(const HostSummary& summary, const std::string& id) {
  const auto found = std::find_if(summary.recommendations.begin(), summary.recommendations.end(),
                                  [&](const Recommendation& advice) { return advice.id == id; });
  return found == summary.recommendations.end() ? nullptr : &*found;
}

/// 0 none, 1 warning, 2 critical: of the run in the middle.
double severity(const std::vector<Run>& side, const std::string& metric) {
  std::vector<double> severities;
  for (const Run& run : side) {
    const Anomaly* anomaly = anomaly_in(run.summary, metric);
    severities.push_back(anomaly == nullptr ? 0 : anomaly->severity == Severity::critical ? 2 : 1);
  }
  return median_of(severities);
}

/// What is judged beside the score.
class Beside {
 public:
  Beside(const Runs& runs, const stats::Rates& rates, HealthResult& result)
      : runs_(runs),
        candidates_(candidates_in(runs)),
        limits_(limits_of(runs, rates)),
        result_(result) {
    // So much that all judgements together keep `rates`.
    limits_.rates.alarm /= static_cast<double>(std::max<std::size_t>(candidates_.count(), 1));
  }

  void anomalies() {
    for (const std::string& metric : candidates_.anomalies) {
      const double before = severity(runs_.base, metric);
      const double after = severity(runs_.head, metric);
      const auto find = [&](const HostSummary& summary) { return anomaly_in(summary, metric); };
      const auto size = [](const Anomaly& anomaly) { return anomaly.value; };
      if (after > before && after >= 1 && change_of(metric) == Decision::regressed)
        result_.new_anomalies.push_back(typical<Anomaly>(runs_.head, find, size));
      if (before > after && before >= 1 && change_of(metric) == Decision::improved)
        result_.resolved_anomalies.push_back(typical<Anomaly>(runs_.base, find, size));
    }
  }

  void advice() {
    for (const std::string& id : candidates_.advice) {
      const auto find = [&](const HostSummary& summary) { return advice_in(summary, id); };
      const Values badness = values_of(runs_, [&](const Run& run) {
        const Recommendation* const advice = find(run.summary);
        return advice == nullptr ? kBegins : advice->badness;
      });
      if (judge_shared(badness, kNotable) != Decision::regressed) continue;
      result_.recommendations.push_back(typical<Recommendation>(
          runs_.head, find, [](const Recommendation& advice) { return advice.badness; }));
    }
    std::stable_sort(
        result_.recommendations.begin(), result_.recommendations.end(),
        [](const Recommendation& a, const Recommendation& b) { return a.priority < b.priority; });
    int priority = 0;
    for (Recommendation& advice : result_.recommendations) advice.priority = ++priority;
  }

  void resources() {
    using Use = std::pair<const char*, double ResourceUse::*>;
    for (const std::string& resource : candidates_.resources) {
      for (const auto& [name, member] : {Use{"utilization", &ResourceUse::utilization_pct},
                                         Use{"saturation", &ResourceUse::saturation_pct}}) {
        const Values values = values_of(runs_, [&, member = member](const Run& run) {
          const auto found = run.summary.resources.find(resource);
          return found == run.summary.resources.end() ? 0 : found->second.*member;
        });
        result_.resources.push_back({.resource = resource,
                                     .use = name,
                                     .base = mean_of(values.base),
                                     .head = mean_of(values.head),
                                     .decision = judge_shared(values, kUseDelta)});
      }
    }
  }

 private:
  /// Of what the rule reads, also below its levels: a value that hovers around one hardly changes.
  Decision change_of(const std::string& metric) const {
    const AnomalyRule rule = rule_of(metric);
    const double unit = rule.warning > 0 ? rule.warning : 1;
    const Values values = values_of(runs_, [&](const Run& run) {
      const auto found = run.readings.find(metric);
      return found == run.readings.end() ? 0 : found->second;
    });
    return judge_shared(values, std::max(kNotable * unit, few_events(rule.unit)));
  }

  /// The levels that applied to the anomaly.
  AnomalyRule rule_of(const std::string& metric) const {
    AnomalyRule rule;
    for (const AnomalyRule& each : anomaly_rules())
      if (each.metric == metric) rule = each;
    for (const auto* side : {&runs_.base, &runs_.head})
      for (const Run& run : *side)
        if (const Anomaly* anomaly = anomaly_in(run.summary, metric))
          rule.warning = anomaly->warning;
    return rule;
  }

  double few_events(std::string_view unit) const {
    if (unit == "/s") return kFewEvents / runs_.seconds;
    const bool is_count = unit == "sockets" || unit == "packets" || unit == "periods";
    return is_count ? kFewEvents : 0;
  }

  Decision judge_shared(const Values& values, double delta) const {
    return judge(values, delta, limits_);
  }

  const Runs& runs_;
  Candidates candidates_;
  Limits limits_;
  HealthResult& result_;
};

std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

void judge_score(const Runs& runs, const stats::Rates& rates, HealthResult& result) {
  const Values lost = values_of(
      runs, [](const Run& run) { return 100.0 - static_cast<double>(*run.summary.health_score); });
  result.base = 100 - mean_of(lost.base);
  result.head = 100 - mean_of(lost.head);
  const stats::ShiftOfFew worse = stats::shift_of_few(lost.base, lost.head, rates);
  const Limits limits = limits_of(runs, rates);
  result.decision = judge(lost, result.max_drop, limits);
  result.change = -worse.center;
  result.change_low = finite(-worse.high);
  if (limits.may_alarm) result.change_high = finite(-worse.low);
}

/// A collector, and whether it could see: one that was lost has an error and no data.
std::set<std::string> seen_by(const HostCategories& categories) {
  std::set<std::string> seen;
  for (const auto& [category, results] : categories) {
    for (const HostResult& result : results) {
      if (result.errors.empty())
        seen.insert(result.collector);
      else if (!result.data.empty())
        seen.insert(result.collector + " (in part)");
    }
  }
  for (const auto& [resource, use] : resources_of(categories)) seen.insert("use of " + resource);
  return seen;
}

/// Why the sides cannot be compared, or "".
std::string defect_of(const HealthPair& pair) {
  const std::set<std::string> base = seen_by(pair.base);
  const std::set<std::string> head = seen_by(pair.head);
  if (base.empty() && head.empty()) return "the collectors saw nothing";
  for (const std::string& name : base)
    if (!head.contains(name)) return name + " was not seen on head";
  for (const std::string& name : head)
    if (!base.contains(name)) return name + " was not seen on base";
  // Else there is a score.
  if (resources_of(pair.base).empty()) return "no use of a resource was seen";
  return "";
}

std::string runs_of_each_side(int runs) { return count_of(runs, "run") + " of each side"; }

std::string note_of(const HealthResult& result, int needed) {
  if (result.runs == 0) return "no profiling run of both sides fits into the budget";
  if (result.runs < needed)
    return "only " + runs_of_each_side(result.runs) + "; so small an error takes " +
           std::to_string(needed);
  return runs_of_each_side(result.runs) + " cannot tell a drop of " + number_text(result.max_drop) +
         " points from noise";
}

}  // namespace

HealthResult judge_health(const std::vector<HealthPair>& pairs, const HealthGate& gate,
                          const HealthRates& rates) {
  HealthResult result{.profile = gate.profile, .level = gate.level, .max_drop = gate.max_drop};
  Runs runs;
  std::string defect;
  int left_out = 0;
  for (const HealthPair& pair : pairs) {
    const std::string found = defect_of(pair);
    left_out += !found.empty();
    defect = found.empty() ? defect : found;
    if (!found.empty()) continue;
    runs.base.push_back(run_of(pair.base, {gate.anomalies}));
    runs.head.push_back(run_of(pair.head, {gate.anomalies}));
    runs.seconds = seconds_of(pair.base);
  }
  result.runs = static_cast<int>(runs.base.size());
  if (result.runs > 0) {
    judge_score(runs, rates.score, result);
    Beside rest(runs, rates.rest, result);
    rest.resources();
    rest.anomalies();
    rest.advice();
  }
  if (result.decision != Decision::inconclusive) return result;
  result.note =
      note_of(result, stats::pairs_needed(rates.score.alarm)) + "; raise gate.health.budget";
  if (left_out > 0)
    result.note = defect + (left_out > 1 ? " (" + std::to_string(left_out) + " times)" : "") +
                  ", and what sides did not both see is left out; " + result.note;
  return result;
}

}  // namespace melisai::gate
