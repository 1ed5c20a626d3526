#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "core/model/host_diff.h"
#include "core/model/host_report_output.h"

namespace melisai {
namespace {

using Output = nlohmann::ordered_json;

// JSON has no NaN and no infinity.
Output number(double value) { return std::isfinite(value) ? Output(value) : Output(nullptr); }

Output change(const HostChange& value) {
  return {{"category", value.category},
          {"metric", value.metric},
          {"unit", value.unit},
          {"old_value", number(value.old_value)},
          {"new_value", number(value.new_value)},
          {"delta", number(value.delta)},
          {"delta_pct", value.delta_pct ? number(*value.delta_pct) : Output(nullptr)},
          {"least_delta", number(value.least_delta)},
          {"direction", to_string(value.direction)},
          {"significance", to_string(value.significance)},
          {"same_as", value.same_as.empty() ? Output(nullptr) : Output(value.same_as)}};
}

Output host_difference(const HostDifference& value) {
  return {{"what", value.what},
          {"baseline", value.baseline},
          {"current", value.current},
          {"is_decisive", value.is_decisive}};
}

Output use_delta(const UseDelta& value) {
  return {{"utilization_pct", number(value.utilization_pct)},
          {"saturation_pct", number(value.saturation_pct)},
          {"errors", value.errors}};
}

template <class T>
Output list(const std::vector<T>& values, Output (*one)(const T&)) {
  Output result = Output::array();
  for (const T& value : values) result.push_back(one(value));
  return result;
}

}  // namespace

std::string_view to_string(HostDirection direction) {
  switch (direction) {
    case HostDirection::regression: return "regression";
    case HostDirection::improvement: return "improvement";
    case HostDirection::unchanged: return "unchanged";
  }
  return "unchanged";
}

std::string_view to_string(HostSignificance significance) {
  switch (significance) {
    case HostSignificance::low: return "low";
    case HostSignificance::medium: return "medium";
    case HostSignificance::high: return "high";
  }
  return "low";
}

std::string_view to_string(HostDiffVerdict verdict) {
  switch (verdict) {
    case HostDiffVerdict::pass: return "pass";
    case HostDiffVerdict::regression: return "regression";
    case HostDiffVerdict::inconclusive: return "inconclusive";
  }
  return "inconclusive";
}

HostDiffVerdict verdict_of(const HostDiff& diff) {
  if (!diff.doubts.empty()) return HostDiffVerdict::inconclusive;
  const bool is_worse = diff.regressions > 0 || !diff.new_anomalies.empty();
  return is_worse ? HostDiffVerdict::regression : HostDiffVerdict::pass;
}

std::string to_json(const HostDiff& diff) {
  Output use_deltas = Output::object();
  for (const auto& [name, delta] : diff.use_deltas) use_deltas[name] = use_delta(delta);
  const Output document = {
      {"baseline", diff.baseline},
      {"current", diff.current},
      {"verdict", to_string(verdict_of(diff))},
      {"doubts", diff.doubts},
      {"host_differences", list(diff.host_differences, host_difference)},
      {"changes", list(diff.changes, change)},
      {"regressions", diff.regressions},
      {"improvements", diff.improvements},
      {"new_anomalies", list(diff.new_anomalies, host_output::anomaly)},
      {"resolved_anomalies", list(diff.resolved_anomalies, host_output::anomaly)},
      {"unclear_anomalies", list(diff.unclear_anomalies, host_output::anomaly)},
      {"use_deltas", std::move(use_deltas)},
      {"health_delta", diff.health_delta ? Output(*diff.health_delta) : Output(nullptr)}};
  return document.dump(2, ' ', false, Output::error_handler_t::replace) + "\n";
}

}  // namespace melisai
