#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/host/mcp_json.h"
#include "core/host/mcp_tools.h"
#include "core/report/report.h"
#include "core/store/store.h"

namespace melisai::host {
namespace {

using Json = nlohmann::ordered_json;
using store::Store;

Json number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json percent(const std::optional<double>& fraction) {
  return fraction ? number(*fraction * 100) : Json(nullptr);
}

Json median(const std::optional<Side>& side) { return side ? number(side->median) : Json(nullptr); }

Json acknowledgement(const BenchmarkResult& row) {
  if (!row.acknowledged) return nullptr;
  return {{"until", row.acknowledged->until}, {"reason", row.acknowledged->reason}};
}

Json row_json(const BenchmarkResult& row) {
  return {{"benchmark", row.name},
          {"metric", row.metric.name},
          {"unit", row.metric.unit},
          {"base", median(row.base)},
          {"head", median(row.head)},
          {"change_pct", percent(row.effect)},
          {"change_low_pct", percent(row.effect_low)},
          {"change_high_pct", percent(row.effect_high)},
          {"threshold_pct", percent(row.threshold)},
          {"pairs", row.pairs},
          {"confirmed", row.confirmed},
          {"fails", row.gating && row.level == Level::fail && !row.acknowledged},
          {"acknowledged", acknowledgement(row)},
          {"note", row.note}};
}

/// What was judged with a consequence and came out as `decision`.
Json rows_json(const Report& report, Decision decision) {
  Json rows = Json::array();
  for (const BenchmarkResult& row : report.benchmarks) {
    const bool is_judged = row.gating || row.level == Level::warn;
    if (is_judged && row.decision == decision) rows.push_back(row_json(row));
  }
  return rows;
}

Json failed_stages(const Report& report) {
  Json stages = Json::array();
  for (const StageResult& stage : report.stages) {
    if (stage.status != StageResult::Status::failed) continue;
    stages.push_back({{"stage", stage.name},
                      {"side", stage.side},
                      {"command", stage.command},
                      {"message", stage.message}});
  }
  return stages;
}

Json health_json(const HealthResult& health) {
  if (health.profile == kNoProfile) return nullptr;
  return {{"profile", health.profile},
          {"base_score", number(health.base)},
          {"head_score", number(health.head)},
          {"change", number(health.change)},
          {"change_low", number(health.change_low)},
          {"change_high", number(health.change_high)},
          {"decision", to_string(health.decision)},
          {"note", health.note},
          {"new_anomalies", anomalies_json(health.new_anomalies)},
          {"resolved_anomalies", anomalies_json(health.resolved_anomalies)},
          {"advice", advice_json(health.recommendations)}};
}

Json functions_json(const Evidence& evidence) {
  Json functions = Json::array();
  for (const EvidenceFunction& each : evidence.functions)
    functions.push_back({{"name", each.name},
                         {"file", each.file},
                         {"line", each.line},
                         {"when", each.when},
                         {"unit", each.unit},
                         {"base", number(each.base)},
                         {"head", number(each.head)},
                         {"confidence", number(each.confidence)}});
  return functions;
}

/// Where they lie; none once a later check has replaced them.
Json files_json(const Evidence& evidence, const std::string& directory) {
  Json files = Json::array();
  for (const EvidenceFile& each : evidence.files)
    if (!directory.empty())
      files.push_back({{"kind", each.kind}, {"path", directory + "/" + each.path}});
  return files;
}

/// Why each benchmark got slower, as far as the run found out.
Json evidence_json(const store::Run& run, const Report& report) {
  const bool is_there =
      !report.evidence.empty() && report::is_of_run(run.output_dir, run.summary.id);
  Json all = Json::array();
  for (const Evidence& evidence : report.evidence) {
    Json metrics = Json::array();
    for (const EvidenceMetric& each : evidence.metrics)
      metrics.push_back({{"name", each.name},
                         {"unit", each.unit},
                         {"base", number(each.base)},
                         {"head", number(each.head)}});
    all.push_back({{"benchmark", evidence.benchmark},
                   {"class", to_string(evidence.cause)},
                   {"confidence", number(evidence.confidence)},
                   {"sentence", evidence.sentence},
                   {"advice", evidence.advice},
                   {"note", evidence.note},
                   {"metrics", std::move(metrics)},
                   {"functions", functions_json(evidence)},
                   {"files", files_json(evidence, is_there ? run.output_dir : "")}});
  }
  return all;
}

Json run_json(const store::Run& run) {
  const store::RunSummary& summary = run.summary;
  Json json = {{"run", summary.id},
               {"state", to_string(summary.state)},
               {"command", summary.command},
               {"project", summary.project},
               {"started_at", summary.started_at},
               {"base", summary.base.sha},
               {"head", summary.head.sha},
               {"verdict", summary.verdict ? Json(to_string(*summary.verdict)) : Json(nullptr)},
               {"reason", summary.reason}};
  // Of a run that did not end nothing was judged.
  const Report report = run.report.value_or(Report());
  if (run.report) json["reason_code"] = to_string(report.reason_code);
  json["regressions"] = rows_json(report, Decision::regressed);
  json["undecided"] = rows_json(report, Decision::inconclusive);
  json["failed_benchmarks"] = rows_json(report, Decision::failed);
  json["evidence"] = evidence_json(run, report);
  json["failed_stages"] = failed_stages(report);
  json["health"] = health_json(report.health);
  json["warnings"] = report.warnings;
  return json;
}

Result<store::RunId> id_of(const std::string& name, const Store& store) {
  if (name == "last") return store.newest_run();
  store::RunId id = 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, id);
  if (read.ec == std::errc() && read.ptr == end && id > 0) return id;
  return Error{Errc::usage, "run: " + in_quotes(name) + " is neither a number nor 'last'"};
}

/// So that the model need not guess what it may ask next.
std::string next_questions(const store::Run& run) {
  if (!run.report || run.report->health.new_anomalies.empty()) return "";
  std::string ids;
  for (const Anomaly& anomaly : run.report->health.new_anomalies)
    ids += (ids.empty() ? "" : ", ") + printable(anomaly.metric);
  return "explain_anomaly says what is behind: " + ids + "\n";
}

}  // namespace

ToolAnswer explain(const store::Run& run) {
  return {report::render_run(run) + next_questions(run), line_of(run_json(run))};
}

Result<ToolAnswer> explain_run(const std::string& run, const std::string& state_dir) {
  MELISAI_TRY(const std::optional<Store> store, Store::open_reader(state_dir));
  if (!store) return Error{Errc::not_found, "no run is stored in " + in_quotes(state_dir)};
  MELISAI_TRY(const store::RunId id, id_of(run, *store));
  MELISAI_TRY(const store::Run found, store->run(id));
  return explain(found);
}

}  // namespace melisai::host
