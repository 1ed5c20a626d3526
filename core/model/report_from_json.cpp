#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/model/evidence_json.h"
#include "core/model/health_json.h"
#include "core/model/host_report_input.h"
#include "core/model/json_fields.h"
#include "core/model/report.h"

namespace melisai {
namespace {


using Fields = JsonFields;

constexpr auto kOptional = Fields::Presence::optional;

constexpr std::array kDecisions{Decision::clear,        Decision::regressed, Decision::improved,
                                Decision::inconclusive, Decision::added,     Decision::removed,
                                Decision::failed};
constexpr std::array kVerdicts{Verdict::pass, Verdict::regression, Verdict::inconclusive,
                               Verdict::error};
constexpr std::array kReasonCodes{ReasonCode::clear,        ReasonCode::regressed,
                                  ReasonCode::budget,       ReasonCode::nothing_compared,
                                  ReasonCode::collector,    ReasonCode::build_failed,
                                  ReasonCode::tests_failed, ReasonCode::bench_failed,
                                  ReasonCode::git,          ReasonCode::baseline,
                                  ReasonCode::busy,         ReasonCode::disk,
                                  ReasonCode::interrupted,  ReasonCode::configuration,
                                  ReasonCode::internal};
constexpr std::array kStatuses{StageResult::Status::passed, StageResult::Status::failed,
                               StageResult::Status::cached, StageResult::Status::skipped};
constexpr std::array kBetter{Better::lower, Better::higher, Better::unknown};
constexpr std::array kLevels{Level::fail, Level::warn, Level::off};
constexpr std::array kCollectorStatuses{CollectorStatus::ok,        CollectorStatus::unavailable,
                                        CollectorStatus::refused,   CollectorStatus::crashed,
                                        CollectorStatus::timed_out, CollectorStatus::misbehaved,
                                        CollectorStatus::failed};

void read_commit(Fields& fields, std::string_view key, CommitInfo& out) {
  if (auto object = fields.object(key)) {
    object->read("sha", out.sha);
    object->read("ref", out.ref);
  }
}

void read_machine(Fields& fields, Machine& out) {
  auto object = fields.object("machine");
  if (!object) return;
  object->read("cpu_model", out.cpu_model);
  object->read("cpus", out.cpus);
  object->read("kernel", out.kernel);
  object->read("fingerprint", out.fingerprint);
  out.memory_bytes =
      object->integer("memory_bytes", 0, 0, std::numeric_limits<std::int64_t>::max(), kOptional);
  object->read("virtualisation", out.virtualisation, kOptional);
  object->read("governor", out.governor, kOptional);
}

void read_side(Fields& fields, std::string_view key, std::optional<Side>& out) {
  if (auto object = fields.object(key, Fields::Presence::required, /*nullable=*/true)) {
    out.emplace();
    object->read("median", out->median);
    object->read("values", out->values, kOptional);
  }
}

/// `name_key`: where the metric's name stands.
void read_metric(Fields& fields, std::string_view name_key, Metric& out) {
  fields.read(name_key, out.name);
  fields.read("unit", out.unit);
  fields.read_word<Better>("better", kBetter, out.better);
  out.tier = static_cast<Tier>(fields.integer("tier", 4, 1, 4));
}

void read_acknowledgement(Fields& fields, std::optional<Acknowledgement>& out) {
  auto object = fields.object("acknowledged", kOptional, /*nullable=*/true);
  if (!object) return;
  out.emplace();
  object->read("benchmark", out->benchmark);
  object->read("metric", out->metric);
  object->read("until", out->until);
  object->read("reason", out->reason);
  object->read("up_to", out->up_to);
}

BenchmarkResult read_benchmark(Fields fields) {
  BenchmarkResult out;
  fields.read("name", out.name);
  read_metric(fields, "metric", out.metric);
  fields.read_word<Decision>("decision", kDecisions, out.decision);
  fields.read("effect", out.effect);
  fields.read("effect_low", out.effect_low);
  fields.read("effect_high", out.effect_high);
  fields.read("smallest_found", out.smallest_found, kOptional);
  fields.read("from_zero", out.from_zero);
  fields.read("threshold", out.threshold);
  fields.read("pairs", out.pairs);
  fields.read("confirmed", out.confirmed);
  fields.read("gating", out.gating);
  // Reports of before know two levels only.
  out.level = out.gating ? Level::fail : Level::off;
  fields.read_word<Level>("level", kLevels, out.level, kOptional);
  read_acknowledgement(fields, out.acknowledged);
  read_side(fields, "base", out.base);
  read_side(fields, "head", out.head);
  fields.read("gates_because", out.gates_because, kOptional);
  fields.read("note", out.note, kOptional);
  return out;
}

StageResult read_stage(Fields fields) {
  StageResult out;
  fields.read("name", out.name);
  fields.read("side", out.side);
  fields.read("command", out.command);
  fields.read_word<StageResult::Status>("status", kStatuses, out.status);
  fields.read("seconds", out.seconds);
  fields.read("message", out.message);
  fields.read("log", out.log);
  fields.read("log_tail", out.log_tail);
  return out;
}

Disturbance read_disturbance(Fields fields) {
  Disturbance out;
  fields.read("first", out.first_pair);
  fields.read("last", out.last_pair);
  fields.read("reason", out.reason);
  return out;
}

Measurement read_measurement(Fields fields) {
  Measurement out;
  fields.read("benchmark", out.benchmark);
  fields.read("pairs", out.pairs);
  fields.read("cpu_wall_ratio", out.cpu_wall_ratio);
  fields.read("placement", out.placement);
  fields.read("in_cgroup", out.in_cgroup);
  fields.read("configuration", out.configuration, kOptional);
  fields.read_objects("disturbed_pairs", out.disturbed, read_disturbance, kOptional);
  return out;
}

ProfileValue read_profile_value(Fields fields) {
  ProfileValue out;
  fields.read("collector", out.collector);
  read_metric(fields, "metric", out.metric);
  fields.read("base", out.base);
  fields.read("head", out.head);
  return out;
}

Profile read_profile(Fields fields) {
  Profile out;
  fields.read("benchmark", out.benchmark);
  fields.read("note", out.note);
  fields.read_objects("values", out.values, read_profile_value);
  return out;
}

CollectorMetric read_collector_metric(Fields fields) {
  CollectorMetric out;
  read_metric(fields, "name", out.metric);
  fields.read("help", out.help);
  fields.read("source", out.source);
  fields.read("privilege", out.privilege);
  return out;
}

CollectorPart read_collector_part(Fields fields) {
  CollectorPart out;
  fields.read("name", out.name);
  fields.read("category", out.category);
  fields.read("tier", out.tier);
  fields.read("unavailable", out.unavailable, kOptional);
  return out;
}

CollectorResult read_collector(Fields fields) {
  CollectorResult out;
  fields.read("name", out.name);
  fields.read("file", out.file);
  fields.read("version", out.version);
  fields.read("abi", out.abi);
  fields.read_word<CollectorStatus>("status", kCollectorStatuses, out.status);
  fields.read("reason", out.reason);
  fields.read("restarts", out.restarts);
  fields.read("required", out.required);
  fields.read("log", out.log);
  fields.read_objects("metrics", out.metrics, read_collector_metric);
  fields.read_objects("parts", out.parts, read_collector_part, kOptional);
  fields.read("capabilities", out.capabilities);
  return out;
}

Report read_report(const Fields::Value& document, JsonReading& reading) {
  Report out;
  Fields fields(document, "", reading);
  const auto newest = std::int64_t{Report::kSchemaVersion};
  const auto version =
      fields.integer("schema_version", 1, 1, std::numeric_limits<std::int64_t>::max());
  if (version > newest) {
    reading.fail("schema_version", std::to_string(version) + " is newer than " +
                                       std::to_string(newest) +
                                       ", the newest that this melisai-gate reads");
  }
  out.run = fields.integer("run", 0, 0, std::numeric_limits<std::int64_t>::max(), kOptional);
  fields.read("command", out.command, kOptional);
  fields.read("tool_version", out.tool_version, kOptional);
  fields.read("project", out.project, kOptional);
  fields.read("started_at", out.started_at, kOptional);
  fields.read_word<Verdict>("verdict", kVerdicts, out.verdict);
  fields.read_word<ReasonCode>("reason_code", kReasonCodes, out.reason_code);
  fields.read("reason", out.reason);
  read_commit(fields, "base", out.base);
  read_commit(fields, "head", out.head);
  read_machine(fields, out.machine);
  fields.read("seed", out.seed, kOptional);
  if (auto policy = fields.object("policy", kOptional)) {
    policy->read("threshold", out.threshold);
    policy->read("false_alarm", out.false_alarm);
    policy->read("miss", out.miss);
    policy->read("max_pairs", out.max_pairs, kOptional);
  }
  fields.read_objects("benchmarks", out.benchmarks, read_benchmark);
  fields.read_objects("measurements", out.measurements, read_measurement, kOptional);
  fields.read_objects("profiles", out.profiles, read_profile, kOptional);
  fields.read_objects("evidence", out.evidence, read_evidence, kOptional);
  out.health = read_health(fields);
  fields.read_objects("stages", out.stages, read_stage);
  fields.read_objects("collectors", out.collectors, read_collector);
  if (const auto overhead = fields.object("observer_overhead", kOptional, /*nullable=*/true))
    out.overhead = host_input::overhead(*overhead);
  fields.read("warnings", out.warnings, kOptional);
  fields.read("seconds", out.seconds);
  return out;
}

Error not_a_report(const std::string& what) {
  return {Errc::parse, "report: " + what +
                           "; give a report.json that melisai-gate of this version or older wrote"};
}

}  // namespace

Result<Report> report_from_json(std::string_view json) {
  if (json.size() > kReportBytesMax) {
    return not_a_report("larger than the limit of " + std::to_string(kReportBytesMax) + " bytes");
  }
  JsonReading reading;
  try {
    Report report = read_report(Fields::Value::parse(json), reading);
    if (reading.problem.empty()) return report;
  } catch (const Fields::Value::parse_error& error) {
    // Not error.what(): it quotes the text that was found, which can be long and is not ours.
    return not_a_report("not JSON at byte " + std::to_string(error.byte));
  } catch (const Fields::Value::exception&) {
    return not_a_report("a value is out of range");
  }
  return not_a_report(reading.problem);
}

}  // namespace melisai
