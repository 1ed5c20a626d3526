#include "core/gate/health/advice.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/gate/health/number_text.h"

namespace melisai::gate {
namespace {

constexpr std::string_view kTuning = "optimization";
constexpr std::string_view kSysctlFile = "/etc/sysctl.d/90-melisai-gate.conf";

std::string filled(std::string_view text, const Case& met) {
  std::string out(text);
  for (const auto& [hole, value] :
       {std::pair{std::string("{of}"), met.of}, std::pair{std::string("{to}"), met.to}}) {
    for (std::size_t at = out.find(hole); at != std::string::npos;
         at = out.find(hole, at + value.size()))
      out.replace(at, hole.size(), value);
  }
  return out;
}

Recommendation recommendation(const AdviceRow& row, const Case& met) {
  Recommendation out;
  out.id = std::string(row.id) + (row.per_device ? "." + met.of : "");
  out.category = row.category;
  out.type = row.type;
  out.title = filled(row.title, met);
  for (const std::string_view command : row.commands) out.commands.push_back(filled(command, met));
  for (const std::string_view line : row.persistent) out.persistent.push_back(filled(line, met));
  for (const std::string_view setting : row.settings) {
    const std::string assignment = filled(setting, met);
    out.commands.push_back("sysctl -w '" + assignment + "'");
    out.persistent.push_back("echo '" + assignment + "' >> " + std::string(kSysctlFile));
  }
  out.expected_impact = row.impact;
  out.evidence = met.evidence;
  out.source = row.source;
  out.badness = met.badness;
  return out;
}

/// Where an advice stands: the less the earlier.
int rank_of(const Recommendation& advice, bool answers_critical) {
  const int setting_alone = advice.type == kTuning ? 1 : 0;
  if (advice.answers.empty()) return 4 + setting_alone;
  return (answers_critical ? 0 : 2) + setting_alone;
}

/// Says what of `anomalies` the advice answers; whether one of them is critical.
bool match(const AdviceRow& row, const std::vector<Anomaly>& anomalies, Recommendation& advice) {
  bool critical = false;
  for (const Anomaly& anomaly : anomalies) {
    if (std::find(row.answers.begin(), row.answers.end(), anomaly.metric) == row.answers.end())
      continue;
    advice.answers.push_back(anomaly.metric);
    critical = critical || anomaly.severity == Severity::critical;
  }
  return critical;
}

Cases one(double badness, std::string evidence) {
  Cases cases(1);
  cases[0].badness = badness;
  cases[0].evidence = std::move(evidence);
  return cases;
}

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('.') + 1);  // npos + 1 is 0
}

}  // namespace

std::string evidence(std::string_view what, double value, std::string_view unit) {
  return std::string(what) + " = " + number_text(value) +
         (unit.empty() ? "" : " " + std::string(unit));
}

Cases when_above(const HostView& host, const Place& place, double limit) {
  const std::optional<double> value = host.number(place.collector, place.path);
  if (!value || *value <= limit) return {};
  return one(*value / limit, evidence(last_name(place.path), *value));
}

Cases when_any(const HostView& host, const Place& place, double much) {
  const std::optional<double> value = host.number(place.collector, place.path);
  if (!value || *value <= 0) return {};
  return one(kBegins + *value / much, evidence(last_name(place.path), *value));
}

double many_per_second(const HostView& host, std::string_view collector) {
  return kManyEvents / host.window_seconds(collector).value_or(1);
}

Cases when_equal(const HostView& host, const Place& place, double value) {
  if (host.number(place.collector, place.path) != value) return {};
  return one(2 * kBegins, evidence(last_name(place.path), value));
}

Cases when_small(const HostView& host, const Place& place, double limit) {
  const std::optional<double> value = host.number(place.collector, place.path);
  if (!value || *value <= 0 || *value >= limit) return {};
  return one(limit / *value, evidence(last_name(place.path), *value));
}

Cases when_text(const HostView& host, const Place& place, std::string_view text) {
  if (host.data(place.collector).text(place.path) != text) return {};
  return one(2 * kBegins, std::string(last_name(place.path)) + " = " + std::string(text));
}

Cases when_both(Cases first, const Cases& second) {
  if (second.empty()) return {};
  for (Case& each : first) each.evidence += ", " + second.front().evidence;
  return first;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() != '-' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

bool is_tuning(const Recommendation& advice) {
  return advice.answers.empty() && advice.type == kTuning;
}

std::vector<Recommendation> recommendations_of(const HostCategories& categories,
                                               const std::vector<Anomaly>& anomalies) {
  const HostView host(categories);
  std::map<int, std::vector<Recommendation>> by_rank;
  for (const auto& table :
       {cpu_memory_advice(), tcp_advice(), queue_advice(), tuning_advice(), own_advice()})
    for (const AdviceRow& row : table) {
      for (const Case& met : row.met(host)) {
        Recommendation advice = recommendation(row, met);
        const bool critical = match(row, anomalies, advice);
        by_rank[rank_of(advice, critical)].push_back(std::move(advice));
      }
    }
  std::vector<Recommendation> all;
  for (auto& [rank, same] : by_rank) {
    for (Recommendation& advice : same) {
      all.push_back(std::move(advice));
      all.back().priority = static_cast<int>(all.size());
    }
  }
  return all;
}

}  // namespace melisai::gate
