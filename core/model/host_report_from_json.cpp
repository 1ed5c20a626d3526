#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/model/host_json.h"
#include "core/model/host_report.h"
#include "core/model/host_report_input.h"
#include "core/model/json_fields.h"

namespace melisai {
namespace {

using Fields = JsonFields;
using Document = nlohmann::ordered_json;

constexpr auto kOptional = Fields::Presence::optional;
constexpr std::int64_t kIntegerMax = std::numeric_limits<std::int64_t>::max();

// A report holds data of the depth that one result may have, four levels down.
constexpr HostJsonLimits kReportLimits{.bytes_max = std::size_t{32} << 20, .depth_max = 40};

// What one result may hold; more is cut and `truncated` says so.
constexpr std::size_t kEventsMax = 10'000;
constexpr std::size_t kStacksMax = 10'000;
constexpr std::size_t kHistogramsMax = 1'000;
constexpr std::size_t kBucketsMax = 1'000;
constexpr std::size_t kErrorsMax = 100;

constexpr std::array kSeverities{Severity::warning, Severity::critical};

void read_count(Fields& fields, std::string_view key, std::int64_t& out) {
  out = fields.integer(key, out, 0, kIntegerMax, kOptional);
}

HostBucket read_bucket(Fields fields) {
  HostBucket out;
  fields.read("low", out.low);
  fields.read("high", out.high);
  read_count(fields, "count", out.count);
  return out;
}

HostHistogram read_histogram(Fields fields) {
  HostHistogram out;
  fields.read("name", out.name);
  fields.read("unit", out.unit);
  fields.read_objects("buckets", out.buckets, read_bucket, kOptional);
  read_count(fields, "total_count", out.total_count);
  fields.read("p50", out.p50, kOptional);
  fields.read("p90", out.p90, kOptional);
  fields.read("p99", out.p99, kOptional);
  fields.read("p999", out.p999, kOptional);
  fields.read("max", out.max, kOptional);
  fields.read("mean", out.mean, kOptional);
  return out;
}

HostEvent read_event(Fields fields) {
  HostEvent out;
  fields.read_text("time", out.time, kOptional);
  read_count(fields, "pid", out.pid);
  fields.read("comm", out.comm, kOptional);
  fields.object("details", kOptional);  // its value is taken in order, by take_data()
  return out;
}

HostStack read_stack(Fields fields) {
  HostStack out;
  fields.read("stack", out.stack);
  read_count(fields, "count", out.count);
  fields.read("type", out.type, kOptional);
  return out;
}

void read_findings(Fields& fields, HostResult& out) {
  fields.object("data", kOptional);  // likewise
  fields.read_objects("histograms", out.histograms, read_histogram, kOptional);
  fields.read_objects("events", out.events, read_event, kOptional);
  fields.read_objects("stacks", out.stacks, read_stack, kOptional);
  fields.read("errors", out.errors, kOptional);
  fields.read("truncated", out.truncated, kOptional);
}

HostResult read_result(Fields fields) {
  HostResult out;
  fields.read("collector", out.collector);
  fields.read("category", out.category);
  out.tier = static_cast<int>(fields.integer("tier", 1, 0, 3, kOptional));
  fields.read("start_time", out.start_time, kOptional);
  fields.read("end_time", out.end_time, kOptional);
  read_findings(fields, out);
  return out;
}

HostData data_at(const Document& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? HostData() : HostDataAccess::of(*found);
}

// Of a result that was read before: Fields knows no order of members, and people read data in the
// order in which it was said.
void take_data(const Document& said, HostResult& result) {
  result.data = data_at(said, "data");
  for (std::size_t i = 0; i < result.events.size(); ++i)
    result.events[i].details = data_at(said["events"][i], "details");
}

template <class T>
bool cut(std::vector<T>& list, std::size_t count_max) {
  if (list.size() <= count_max) return false;
  list.resize(count_max);
  return true;
}

void cut_lists(HostResult& result) {
  bool any = cut(result.events, kEventsMax);
  any |= cut(result.stacks, kStacksMax);
  any |= cut(result.histograms, kHistogramsMax);
  for (HostHistogram& histogram : result.histograms) any |= cut(histogram.buckets, kBucketsMax);
  any |= cut(result.errors, kErrorsMax);
  result.truncated = result.truncated || any;
}

void read_known(Fields& fields, std::string_view key, std::optional<std::int64_t>& out) {
  if (fields.has(key)) out = fields.integer(key, 0, 0, kIntegerMax);  // null was left out
}

HostTarget read_target(Fields fields) {
  HostTarget out;
  fields.read("command", out.command, kOptional);
  fields.read("end", out.end, kOptional);
  read_known(fields, "exit_code", out.exit_code);
  read_known(fields, "pid", out.pid);
  fields.read("name", out.name, kOptional);
  fields.read("cgroup", out.cgroup, kOptional);
  fields.read("wall_seconds", out.wall_seconds, kOptional);
  fields.read("cpu_seconds", out.cpu_seconds, kOptional);
  fields.read("cpu_pct", out.cpu_pct, kOptional);
  read_known(fields, "rss_bytes", out.rss_bytes);
  read_known(fields, "peak_rss_bytes", out.peak_rss_bytes);
  read_known(fields, "read_bytes", out.read_bytes);
  read_known(fields, "write_bytes", out.write_bytes);
  read_known(fields, "threads", out.threads);
  read_known(fields, "open_files", out.open_files);
  return out;
}

void read_metadata(Fields& report, HostMetadata& out) {
  auto fields = report.object("metadata");
  if (!fields) return;
  fields->read("tool", out.tool, kOptional);
  fields->read("version", out.version, kOptional);
  fields->read("schema_version", out.schema_version);
  fields->read("hostname", out.hostname, kOptional);
  fields->read("timestamp", out.timestamp, kOptional);
  fields->read("duration", out.duration, kOptional);
  fields->read("window_seconds", out.window_seconds, kOptional);
  fields->read("profile", out.profile, kOptional);
  fields->read("focus_areas", out.focus_areas, kOptional);
  fields->read("kernel_version", out.kernel_version, kOptional);
  fields->read("arch", out.arch, kOptional);
  fields->read("cpus", out.cpus, kOptional);
  fields->read("memory_gb", out.memory_gb, kOptional);
  fields->read("capabilities", out.capabilities, kOptional);
  fields->read("container_env", out.container_env, kOptional);
  fields->read("cgroup_version", out.cgroup_version, kOptional);
  fields->read("interrupted", out.interrupted, kOptional);
  if (const auto overhead = fields->object("observer_overhead", kOptional))
    out.observer_overhead = host_input::overhead(*overhead);
  if (const auto target = fields->object("target", kOptional)) out.target = read_target(*target);
}

/// The number behind `name=` in "warning=0.1, critical=1"; 0 when there is none.
double level(std::string_view threshold, std::string_view name) {
  const std::size_t at = threshold.find(name);
  if (at == std::string_view::npos) return 0;
  threshold.remove_prefix(at + name.size());
  double value = 0;
  std::from_chars(threshold.data(), threshold.data() + threshold.size(), value);
  return value;
}

Deduction read_deduction(Fields fields) {
  Deduction out;
  fields.read("reason", out.reason);
  fields.read("points", out.points);
  return out;
}

void read_summary(Fields& report, HostSummary& out) {
  auto fields = report.object("summary");
  if (!fields) return;
  if (fields->has("health_score"))  // null was left out
    out.health_score = static_cast<int>(fields->integer("health_score", 100, 0, 100));
  fields->read_objects("deductions", out.deductions, read_deduction, kOptional);
  fields->read_objects("anomalies", out.anomalies, host_input::anomaly, kOptional);
  fields->read_objects("recommendations", out.recommendations, host_input::recommendation,
                       kOptional);
  auto resources = fields->object("resources", kOptional);
  if (!resources) return;
  for (const std::string& name : resources->names()) {
    auto use = resources->object(name);
    if (!use) return;
    ResourceUse& resource = out.resources[name];
    use->read("utilization_pct", resource.utilization_pct, kOptional);
    use->read("saturation_pct", resource.saturation_pct, kOptional);
    read_count(*use, "errors", resource.errors);
  }
}

HostReport read_report(const Document& document, JsonReading& reading) {
  HostReport out;
  const Fields::Value sorted(document);
  Fields fields(sorted, "", reading);
  read_metadata(fields, out.metadata);
  if (fields.object("system", kOptional)) out.system = data_at(document, "system");
  auto categories = fields.object("categories");
  for (const std::string& name : categories ? categories->names() : std::vector<std::string>()) {
    std::vector<HostResult>& results = out.categories[name];
    categories->read_objects(name, results, read_result, kOptional);
    if (!reading.problem.empty()) return out;
    for (std::size_t i = 0; i < results.size(); ++i)
      take_data(document["categories"][name][i], results[i]);
    std::stable_sort(results.begin(), results.end(), [](const HostResult& a, const HostResult& b) {
      return a.collector < b.collector;
    });
  }
  read_summary(fields, out.summary);
  return out;
}

Error not_a_report(const std::string& what) {
  return {Errc::parse, "host report: " + what +
                           "; give what `melisai-gate collect` or melisai (schema 1.x) wrote"};
}

}  // namespace

Anomaly host_input::anomaly(JsonFields fields) {
  Anomaly out;
  fields.read_word<Severity>("severity", kSeverities, out.severity);
  fields.read("category", out.category);
  fields.read("metric", out.metric);
  fields.read("message", out.message, kOptional);
  std::string text;
  fields.read_text("value", text, kOptional);
  out.value = level(text, "");
  text.clear();
  fields.read_text("threshold", text, kOptional);
  out.warning = level(text, "warning=");
  out.critical = level(text, "critical=");
  return out;
}

ObserverOverhead host_input::overhead(JsonFields fields) {
  ObserverOverhead out;
  read_count(fields, "self_pid", out.self_pid);
  fields.read("child_pids", out.child_pids, kOptional);
  read_count(fields, "cpu_user_ms", out.cpu_user_ms);
  read_count(fields, "cpu_system_ms", out.cpu_system_ms);
  read_count(fields, "memory_rss_bytes", out.memory_rss_bytes);
  read_count(fields, "memory_pss_bytes", out.memory_pss_bytes);
  read_count(fields, "disk_read_bytes", out.disk_read_bytes);
  read_count(fields, "disk_write_bytes", out.disk_write_bytes);
  read_count(fields, "context_switches", out.context_switches);
  return out;
}

Recommendation host_input::recommendation(JsonFields fields) {
  Recommendation out;
  fields.read("id", out.id, kOptional);
  fields.read("priority", out.priority, kOptional);
  fields.read("category", out.category, kOptional);
  fields.read("type", out.type, kOptional);
  fields.read("title", out.title);
  fields.read("commands", out.commands, kOptional);
  fields.read("persistent", out.persistent, kOptional);
  fields.read("expected_impact", out.expected_impact, kOptional);
  fields.read("evidence", out.evidence, kOptional);
  fields.read("source", out.source, kOptional);
  fields.read("badness", out.badness, kOptional);
  fields.read("answers", out.answers, kOptional);
  return out;
}

Result<HostReport> parse_host_report(std::string_view json) {
  Document document;
  if (const Result<void> parsed = parse_host_json(json, kReportLimits, document); !parsed)
    return not_a_report(parsed.error().message);
  JsonReading reading;
  HostReport report = read_report(document, reading);
  if (!reading.problem.empty()) return not_a_report(reading.problem);
  if (!report.metadata.schema_version.starts_with("1."))
    return not_a_report("metadata.schema_version: " + in_quotes(report.metadata.schema_version) +
                        " cannot be read");
  return report;
}

Result<HostResult> parse_host_result(std::string_view json) {
  Document document;
  MELISAI_CHECK(parse_host_json(json, {}, document));
  const Fields::Value sorted(document);
  JsonReading reading;
  Fields fields(sorted, "", reading);
  HostResult result;
  read_findings(fields, result);
  if (!reading.problem.empty()) return Error{Errc::parse, reading.problem};
  take_data(document, result);
  cut_lists(result);
  return result;
}

}  // namespace melisai
