// Is the host less healthy while the head's suite runs than while the base's does?
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/gate/comparison.h"
#include "core/gate/health/health.h"
#include "core/gate/health/number_text.h"
#include "core/gate/wording.h"

namespace melisai::gate {
namespace {

// A change of half a warning level, or of half the badness at which advice begins, is worth naming.
constexpr double kNotable = 0.5;
constexpr double kUseDelta = 5;  // percentage points of utilization or saturation

struct Summaries {
  std::vector<HostSummary> base, head;
};

Summaries summaries_of(const std::vector<HealthPair>& pairs, const HealthGate& gate) {
  Summaries all;
  for (const HealthPair& pair : pairs) {
    all.base.push_back(analyse(pair.base, {gate.anomalies}));
    all.head.push_back(analyse(pair.head, {gate.anomalies}));
  }
  return all;
}

using Number = std::function<double(const HostSummary&)>;

struct Values {
  std::vector<double> base, head;
  std::vector<double> worse_by() const {  // one a pair; positive is worse
    std::vector<double> differences;
    for (std::size_t i = 0; i < base.size(); ++i) differences.push_back(head[i] - base[i]);
    return differences;
  }
};

Values values_of(const Summaries& all, const Number& number) {
  Values values;
  for (const HostSummary& summary : all.base) values.base.push_back(number(summary));
  for (const HostSummary& summary : all.head) values.head.push_back(number(summary));
  return values;
}

std::vector<double> negated(std::vector<double> values) {
  for (double& value : values) value = -value;
  return values;
}

/// Which way a quantity went: regressed, improved, clear, or inconclusive.
struct Judgement {
  Decision decision = Decision::inconclusive;
  stats::Look look;
};

Judgement judge(const std::vector<double>& worse_by, double delta, const stats::Rates& rates,
                const stats::PairedTest& test) {
  const stats::TestLevels levels{.delta = delta, .rates = rates};
  Judgement judged{.look = test.look(worse_by, levels)};
  if (judged.look.finding == stats::Finding::slower)
    judged.decision = Decision::regressed;
  else if (test.look(negated(worse_by), levels).finding == stats::Finding::slower)
    judged.decision = Decision::improved;
  else if (judged.look.finding == stats::Finding::clear)
    judged.decision = Decision::clear;
  return judged;
}

/// Each of `count` judgements may err so much that all of them together keep `rates`.
stats::Rates share(stats::Rates rates, std::size_t count) {
  rates.alarm /= static_cast<double>(std::max<std::size_t>(count, 1));
  return rates;
}

/// Names that any run of either side says: chosen without looking at the sides, so that choosing
/// does not favour one.
template <class Entries, class Name>
std::set<std::string> names_in(const Summaries& all, Entries entries, Name name) {
  std::set<std::string> names;
  for (const auto* side : {&all.base, &all.head}) {
    for (const HostSummary& summary : *side) {
      for (const auto& entry : entries(summary)) names.insert(name(entry));
    }
  }
  return names;
}

const Anomaly* anomaly_in(const HostSummary& summary, const std::string& metric) {
  const auto found = std::find_if(summary.anomalies.begin(), summary.anomalies.end(),
                                  [&](const Anomaly& anomaly) { return anomaly.metric == metric; });
  return found == summary.anomalies.end() ? nullptr : &*found;
}

/// In units of the warning level; 0 below it.
double height(const HostSummary& summary, const std::string& metric) {
  const Anomaly* anomaly = anomaly_in(summary, metric);
  return anomaly == nullptr || anomaly->warning <= 0 ? 0 : anomaly->value / anomaly->warning;
}

int severity(const HostSummary& summary, const std::string& metric) {
  const Anomaly* anomaly = anomaly_in(summary, metric);
  if (anomaly == nullptr) return 0;
  return anomaly->severity == Severity::critical ? 2 : 1;
}

/// The anomaly of the run in the middle of `side`.
std::optional<Anomaly> typical(const std::vector<HostSummary>& side, const std::string& metric) {
  std::vector<const Anomaly*> seen;
  for (const HostSummary& summary : side) {
    if (const Anomaly* anomaly = anomaly_in(summary, metric)) seen.push_back(anomaly);
  }
  if (seen.empty()) return std::nullopt;
  std::sort(seen.begin(), seen.end(),
            [](const Anomaly* a, const Anomaly* b) { return a->value < b->value; });
  return *seen[seen.size() / 2];
}

double typical_severity(const std::vector<HostSummary>& side, const std::string& metric) {
  std::vector<double> severities;
  for (const HostSummary& summary : side) severities.push_back(severity(summary, metric));
  return median_of(severities);
}

void judge_anomalies(const Summaries& all, const stats::Rates& rates, const stats::PairedTest& test,
                     HealthResult& result) {
  const std::set<std::string> metrics = names_in(
      all, [](const HostSummary& summary) { return summary.anomalies; },
      [](const Anomaly& anomaly) { return anomaly.metric; });
  for (const std::string& metric : metrics) {
    const double before = typical_severity(all.base, metric);
    const double after = typical_severity(all.head, metric);
    if (before == after) continue;
    const Values heights =
        values_of(all, [&](const HostSummary& summary) { return height(summary, metric); });
    const Decision decision =
        judge(heights.worse_by(), kNotable, share(rates, metrics.size()), test).decision;
    if (after > before && decision == Decision::regressed)
      result.new_anomalies.push_back(typical(all.head, metric).value_or(Anomaly{}));
    if (after < before && decision == Decision::improved)
      result.resolved_anomalies.push_back(typical(all.base, metric).value_or(Anomaly{}));
  }
}

const Recommendation* advice_in(const HostSummary& summary, const std::string& id) {
  const auto found = std::find_if(summary.recommendations.begin(), summary.recommendations.end(),
                                  [&](const Recommendation& advice) { return advice.id == id; });
  return found == summary.recommendations.end() ? nullptr : &*found;
}

double badness(const HostSummary& summary, const std::string& id) {
  const Recommendation* advice = advice_in(summary, id);
  return advice == nullptr ? 0 : advice->badness;
}

void judge_advice(const Summaries& all, const stats::Rates& rates, const stats::PairedTest& test,
                  HealthResult& result) {
  const std::set<std::string> ids = names_in(
      all, [](const HostSummary& summary) { return summary.recommendations; },
      [](const Recommendation& advice) { return advice.id; });
  for (const HostSummary& summary : all.head) {
    for (const Recommendation& advice : summary.recommendations) {
      const auto is_shown = [&](const Recommendation& shown) { return shown.id == advice.id; };
      if (std::any_of(result.recommendations.begin(), result.recommendations.end(), is_shown))
        continue;
      const Values values =
          values_of(all, [&](const HostSummary& one) { return badness(one, advice.id); });
      const Judgement judged = judge(values.worse_by(), kNotable, share(rates, ids.size()), test);
      if (judged.decision == Decision::regressed) result.recommendations.push_back(advice);
    }
  }
  int priority = 0;
  for (Recommendation& advice : result.recommendations) advice.priority = ++priority;
}

void judge_resources(const Summaries& all, const stats::Rates& rates, const stats::PairedTest& test,
                     HealthResult& result) {
  const std::set<std::string> resources = names_in(
      all, [](const HostSummary& summary) { return summary.resources; },
      [](const auto& entry) { return entry.first; });
  using Use = std::pair<const char*, double ResourceUse::*>;
  for (const std::string& resource : resources) {
    for (const auto& [name, member] : {Use{"utilization", &ResourceUse::utilization_pct},
                                       Use{"saturation", &ResourceUse::saturation_pct}}) {
      const Values values = values_of(all, [&, member = member](const HostSummary& summary) {
        const auto found = summary.resources.find(resource);
        return found == summary.resources.end() ? 0 : found->second.*member;
      });
      const Judgement judged =
          judge(values.worse_by(), kUseDelta, share(rates, 2 * resources.size()), test);
      result.resources.push_back({.resource = resource,
                                  .use = name,
                                  .base = median_of(values.base),
                                  .head = median_of(values.head),
                                  .decision = judged.decision});
    }
  }
}

std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

void judge_score(const Summaries& all, const stats::Rates& rates, const stats::PairedTest& test,
                 HealthResult& result) {
  Values scores;
  for (std::size_t i = 0; i < all.base.size(); ++i) {
    const auto base = all.base[i].health_score, head = all.head[i].health_score;
    if (!base || !head) continue;
    scores.base.push_back(*base);
    scores.head.push_back(*head);
  }
  if (scores.base.empty()) return;
  result.base = median_of(scores.base);
  result.head = median_of(scores.head);
  const Judgement judged = judge(negated(scores.worse_by()), result.max_drop, rates, test);
  result.decision = judged.decision;
  result.change = finite(-judged.look.center);
  result.change_low = finite(-judged.look.high);
  result.change_high = finite(-judged.look.low);
}

}  // namespace

HealthResult judge_health(const std::vector<HealthPair>& pairs, const HealthGate& gate,
                          const stats::Rates& rates, const stats::PairedTest& test) {
  HealthResult result{.profile = gate.profile,
                      .level = gate.level,
                      .max_drop = gate.max_drop,
                      .runs = static_cast<int>(pairs.size())};
  if (pairs.empty()) {
    result.note = "no profiling run of both sides fits into the budget; raise gate.health.budget";
    return result;
  }
  const Summaries all = summaries_of(pairs, gate);
  judge_score(all, rates, test, result);
  if (result.runs < kHealthPairsMin) {
    result.decision = Decision::inconclusive;
    result.note =
        "only " + count_of(result.runs, "run") + " of each side; raise gate.health.budget";
    return result;
  }
  judge_resources(all, rates, test, result);
  judge_anomalies(all, rates, test, result);
  judge_advice(all, rates, test, result);
  if (result.decision == Decision::inconclusive)
    result.note = "so few runs cannot tell a drop of " + number_text(gate.max_drop) +
                  " points from noise; raise gate.health.budget";
  return result;
}

}  // namespace melisai::gate
