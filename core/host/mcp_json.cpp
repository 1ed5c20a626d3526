#include "core/host/mcp_json.h"

#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/gate/health/health.h"

namespace melisai::host {
namespace {

using Json = nlohmann::ordered_json;

Json resources_json(const HostSummary& summary) {
  Json all = Json::object();
  for (const auto& [name, use] : summary.resources)
    all[name] = {{"utilization_pct", use.utilization_pct},
                 {"saturation_pct", use.saturation_pct},
                 {"errors_per_sec", use.errors}};
  return all;
}

Json errors_json(const HostCategories& categories) {
  Json all = Json::array();
  for (const auto& [category, results] : categories) {
    for (const HostResult& result : results) {
      for (const std::string& error : result.errors)
        all.push_back(printable(result.collector + ": " + error));
    }
  }
  return all;
}

}  // namespace

Json anomalies_json(const std::vector<Anomaly>& anomalies) {
  Json all = Json::array();
  for (const Anomaly& anomaly : anomalies)
    all.push_back({{"id", anomaly.metric},
                   {"severity", to_string(anomaly.severity)},
                   {"category", anomaly.category},
                   {"message", anomaly.message},
                   {"value", anomaly.value},
                   {"warning", anomaly.warning},
                   {"critical", anomaly.critical}});
  return all;
}

Json advice_json(const std::vector<Recommendation>& recommendations) {
  Json all = Json::array();
  for (const Recommendation& advice : recommendations)
    all.push_back({{"id", advice.id},
                   {"category", advice.category},
                   {"type", advice.type},
                   {"answers", advice.answers},
                   {"tuning", gate::is_tuning(advice)},
                   {"title", advice.title},
                   {"evidence", advice.evidence},
                   {"commands", advice.commands},
                   {"expected_impact", advice.expected_impact}});
  return all;
}

Json summary_json(const HostReport& report) {
  Json deductions = Json::array();
  for (const Deduction& deduction : report.summary.deductions)
    deductions.push_back({{"points", deduction.points}, {"reason", deduction.reason}});
  const std::optional<int> score = report.summary.health_score;
  return {{"host", report.metadata.hostname},
          {"timestamp", report.metadata.timestamp},
          {"profile", report.metadata.profile},
          {"window_seconds", report.metadata.window_seconds},
          {"interrupted", report.metadata.interrupted},
          {"health_score", score ? Json(*score) : Json(nullptr)},
          {"deductions", std::move(deductions)},
          {"anomalies", anomalies_json(report.summary.anomalies)},
          {"resources", resources_json(report.summary)},
          {"advice", advice_json(report.summary.recommendations)},
          {"not_seen", errors_json(report.categories)}};
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace melisai::host
