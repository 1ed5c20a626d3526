#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "core/model/evidence_json.h"
#include "core/model/health_json.h"
#include "core/model/host_report_output.h"
#include "core/model/report.h"

namespace melisai {
namespace {

// Keeps the order of the schema, so that people can read the file.
using Output = nlohmann::ordered_json;

// JSON has no NaN and no infinity.
Output number(double value) { return std::isfinite(value) ? Output(value) : Output(nullptr); }

Output number(const std::optional<double>& value) {
  return value ? number(*value) : Output(nullptr);
}

Output side(const std::optional<Side>& value) {
  if (!value) return nullptr;
  return {{"median", number(value->median)}, {"values", value->values}};
}

Output commit(const CommitInfo& value) { return {{"sha", value.sha}, {"ref", value.ref}}; }

Output machine(const Machine& value) {
  return {{"cpu_model", value.cpu_model},
          {"cpus", value.cpus},
          {"kernel", value.kernel},
          {"fingerprint", value.fingerprint},
          {"memory_bytes", value.memory_bytes},
          {"virtualisation", value.virtualisation},
          {"governor", value.governor}};
}

template <class T>
Output list(const std::vector<T>& values, Output (*one)(const T&)) {
  Output result = Output::array();
  for (const T& value : values) result.push_back(one(value));
  return result;
}

Output overhead(const std::optional<ObserverOverhead>& value) {
  return value ? host_output::overhead(*value) : Output(nullptr);
}

Output text(const std::string& value) { return value; }

Output acknowledged(const std::optional<Acknowledgement>& value) {
  if (!value) return nullptr;
  return {{"benchmark", value->benchmark},
          {"metric", value->metric},
          {"until", value->until},
          {"reason", value->reason},
          {"up_to", number(value->up_to)}};
}

Output benchmark(const BenchmarkResult& value) {
  return {{"name", value.name},
          {"metric", value.metric.name},
          {"unit", value.metric.unit},
          {"better", to_string(value.metric.better)},
          {"tier", static_cast<int>(value.metric.tier)},
          {"decision", to_string(value.decision)},
          {"effect", number(value.effect)},
          {"effect_low", number(value.effect_low)},
          {"effect_high", number(value.effect_high)},
          {"smallest_found", number(value.smallest_found)},
          {"from_zero", value.from_zero},
          {"threshold", number(value.threshold)},
          {"pairs", value.pairs},
          {"confirmed", value.confirmed},
          {"gating", value.gating},
          {"level", to_string(value.level)},
          {"acknowledged", acknowledged(value.acknowledged)},
          {"base", side(value.base)},
          {"head", side(value.head)},
          {"gates_because", value.gates_because},
          {"note", value.note}};
}

Output stage(const StageResult& value) {
  return {{"name", value.name},
          {"side", value.side},
          {"command", value.command},
          {"status", to_string(value.status)},
          {"seconds", number(value.seconds)},
          {"message", value.message},
          {"log", value.log},
          {"log_tail", value.log_tail}};
}

Output disturbance(const Disturbance& value) {
  return {{"first", value.first_pair}, {"last", value.last_pair}, {"reason", value.reason}};
}

Output measurement(const Measurement& value) {
  return {{"benchmark", value.benchmark},
          {"pairs", value.pairs},
          {"cpu_wall_ratio", number(value.cpu_wall_ratio)},
          {"placement", value.placement},
          {"in_cgroup", value.in_cgroup},
          {"configuration", value.configuration},
          {"disturbed_pairs", list(value.disturbed, disturbance)}};
}

Output profile_value(const ProfileValue& value) {
  return {{"collector", value.collector},
          {"metric", value.metric.name},
          {"unit", value.metric.unit},
          {"better", to_string(value.metric.better)},
          {"tier", static_cast<int>(value.metric.tier)},
          {"base", number(value.base)},
          {"head", number(value.head)}};
}

Output profile(const Profile& value) {
  return {{"benchmark", value.benchmark},
          {"note", value.note},
          {"values", list(value.values, profile_value)}};
}

Output collector_metric(const CollectorMetric& value) {
  return {{"name", value.metric.name},
          {"unit", value.metric.unit},
          {"better", to_string(value.metric.better)},
          {"tier", static_cast<int>(value.metric.tier)},
          {"help", value.help},
          {"source", value.source},
          {"privilege", value.privilege}};
}

Output collector_part(const CollectorPart& value) {
  return {{"name", value.name},
          {"category", value.category},
          {"tier", value.tier},
          {"unavailable", value.unavailable}};
}

Output collector(const CollectorResult& value) {
  return {{"name", value.name},
          {"file", value.file},
          {"version", value.version},
          {"abi", value.abi},
          {"status", to_string(value.status)},
          {"reason", value.reason},
          {"restarts", value.restarts},
          {"required", value.required},
          {"log", list(value.log, text)},
          {"metrics", list(value.metrics, collector_metric)},
          {"parts", list(value.parts, collector_part)},
          {"capabilities", list(value.capabilities, text)}};
}

}  // namespace

std::string to_json(const Report& report) {
  const Output document = {{"schema_version", Report::kSchemaVersion},
                           {"run", report.run},
                           {"command", report.command},
                           {"tool_version", report.tool_version},
                           {"project", report.project},
                           {"started_at", report.started_at},
                           {"verdict", to_string(report.verdict)},
                           {"reason_code", to_string(report.reason_code)},
                           {"reason", report.reason},
                           {"base", commit(report.base)},
                           {"head", commit(report.head)},
                           {"machine", machine(report.machine)},
                           {"seed", report.seed},
                           {"policy",
                            {{"threshold", number(report.threshold)},
                             {"false_alarm", number(report.false_alarm)},
                             {"miss", number(report.miss)},
                             {"max_pairs", report.max_pairs}}},
                           {"benchmarks", list(report.benchmarks, benchmark)},
                           {"measurements", list(report.measurements, measurement)},
                           {"profiles", list(report.profiles, profile)},
                           {"evidence", list(report.evidence, evidence_to_json)},
                           {"health", health_to_json(report.health)},
                           {"stages", list(report.stages, stage)},
                           {"collectors", list(report.collectors, collector)},
                           {"observer_overhead", overhead(report.overhead)},
                           {"warnings", list(report.warnings, text)},
                           {"seconds", number(report.seconds)}};
  return document.dump(2, ' ', false, Output::error_handler_t::replace) + "\n";
}

std::string to_json(const std::vector<CollectorResult>& collectors) {
  Output all = list(collectors, collector);
  for (Output& each : all) each["available"] = each["status"] == to_string(CollectorStatus::ok);
  return all.dump(2, ' ', false, Output::error_handler_t::replace) + "\n";
}

}  // namespace melisai
