#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "core/model/host_json.h"
#include "core/model/host_report.h"
#include "core/model/host_report_output.h"

namespace melisai {
namespace {

// Keeps the order of the schema, so that people can read the file.
using Output = nlohmann::ordered_json;

// JSON has no NaN and no infinity.
Output number(double value) { return std::isfinite(value) ? Output(value) : Output(nullptr); }

template <class T>
Output list(const std::vector<T>& values, Output (*one)(const T&)) {
  Output result = Output::array();
  for (const T& value : values) result.push_back(one(value));
  return result;
}

Output data(const HostData& value) { return HostDataAccess::value(value); }

// melisai reads the bounds of buckets as integers.
Output bound(double value) {
  constexpr double kExactMax = 9e15;
  if (std::trunc(value) != value || std::abs(value) > kExactMax) return number(value);
  return static_cast<std::int64_t>(value);
}

Output bucket(const HostBucket& value) {
  return {{"low", bound(value.low)}, {"high", bound(value.high)}, {"count", value.count}};
}

Output histogram(const HostHistogram& value) {
  return {{"name", value.name},
          {"unit", value.unit},
          {"buckets", list(value.buckets, bucket)},
          {"total_count", value.total_count},
          {"p50", number(value.p50)},
          {"p90", number(value.p90)},
          {"p99", number(value.p99)},
          {"p999", number(value.p999)},
          {"max", number(value.max)},
          {"mean", number(value.mean)}};
}

Output event(const HostEvent& value) {
  return {{"time", value.time},
          {"pid", value.pid},
          {"comm", value.comm},
          {"details", data(value.details)}};
}

Output stack(const HostStack& value) {
  return {{"stack", value.stack}, {"count", value.count}, {"type", value.type}};
}

Output result(const HostResult& value) {
  return {{"collector", value.collector},
          {"category", value.category},
          {"tier", value.tier},
          {"start_time", value.start_time},
          {"end_time", value.end_time},
          {"data", data(value.data)},
          {"histograms", list(value.histograms, histogram)},
          {"events", list(value.events, event)},
          {"stacks", list(value.stacks, stack)},
          {"errors", value.errors},
          {"truncated", value.truncated}};
}

template <class T>
Output known(const std::optional<T>& value) {
  return value ? Output(*value) : Output(nullptr);
}

Output target(const HostTarget& value) {
  return {{"command", value.command},
          {"end", value.end},
          {"exit_code", known(value.exit_code)},
          {"pid", known(value.pid)},
          {"name", value.name},
          {"cgroup", value.cgroup},
          {"wall_seconds", known(value.wall_seconds)},
          {"cpu_seconds", known(value.cpu_seconds)},
          {"cpu_pct", known(value.cpu_pct)},
          {"rss_bytes", known(value.rss_bytes)},
          {"peak_rss_bytes", known(value.peak_rss_bytes)},
          {"read_bytes", known(value.read_bytes)},
          {"write_bytes", known(value.write_bytes)},
          {"threads", known(value.threads)},
          {"open_files", known(value.open_files)}};
}

Output metadata(const HostMetadata& value) {
  Output object = {{"tool", value.tool},
                   {"version", value.version},
                   {"schema_version", value.schema_version},
                   {"hostname", value.hostname},
                   {"timestamp", value.timestamp},
                   {"duration", value.duration},
                   {"window_seconds", number(value.window_seconds)},
                   {"profile", value.profile},
                   {"focus_areas", value.focus_areas},
                   {"kernel_version", value.kernel_version},
                   {"arch", value.arch},
                   {"cpus", value.cpus},
                   {"memory_gb", value.memory_gb},
                   {"capabilities", value.capabilities},
                   {"container_env", value.container_env},
                   {"cgroup_version", value.cgroup_version},
                   {"interrupted", value.interrupted}};
  if (value.observer_overhead)
    object["observer_overhead"] = host_output::overhead(*value.observer_overhead);
  if (value.target) object["target"] = target(*value.target);
  return object;
}

std::string two_decimals(double value) {
  std::array<char, 512> text{};  // the largest double has 309 digits before the point
  const int length = std::snprintf(text.data(), text.size(), "%.2f", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

// As short as it can be without becoming another number, and never "2e+04".
std::string shortest(double value) {
  std::array<char, 512> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return {text.data(), end.ptr};
}

Output deduction(const Deduction& value) {
  return {{"reason", value.reason}, {"points", value.points}};
}

Output use(const ResourceUse& value) {
  return {{"utilization_pct", number(value.utilization_pct)},
          {"saturation_pct", number(value.saturation_pct)},
          {"errors", value.errors}};
}

Output summary(const HostSummary& value) {
  Output resources = Output::object();
  for (const auto& [name, each] : value.resources) resources[name] = use(each);
  return {{"health_score", value.health_score ? Output(*value.health_score) : Output(nullptr)},
          {"deductions", list(value.deductions, deduction)},
          {"anomalies", list(value.anomalies, host_output::anomaly)},
          {"resources", std::move(resources)},
          {"recommendations", list(value.recommendations, host_output::recommendation)}};
}

}  // namespace

std::string_view to_string(Severity severity) {
  return severity == Severity::critical ? "critical" : "warning";
}

Output host_output::overhead(const ObserverOverhead& value) {
  return {{"self_pid", value.self_pid},
          {"child_pids", value.child_pids},
          {"cpu_user_ms", value.cpu_user_ms},
          {"cpu_system_ms", value.cpu_system_ms},
          {"memory_rss_bytes", value.memory_rss_bytes},
          {"memory_pss_bytes", value.memory_pss_bytes},
          {"disk_read_bytes", value.disk_read_bytes},
          {"disk_write_bytes", value.disk_write_bytes},
          {"context_switches", value.context_switches}};
}

Output host_output::recommendation(const Recommendation& value) {
  return {{"id", value.id},
          {"priority", value.priority},
          {"category", value.category},
          {"type", value.type},
          {"title", value.title},
          {"commands", value.commands},
          {"persistent", value.persistent},
          {"expected_impact", value.expected_impact},
          {"evidence", value.evidence},
          {"source", value.source},
          {"badness", number(value.badness)},
          {"answers", value.answers}};
}

Output host_output::anomaly(const Anomaly& value) {
  return {{"severity", to_string(value.severity)},
          {"category", value.category},
          {"metric", value.metric},
          {"message", value.message},
          {"value", two_decimals(value.value)},
          {"threshold",
           "warning=" + shortest(value.warning) + ", critical=" + shortest(value.critical)}};
}

std::string to_json(const HostReport& report) {
  Output categories = Output::object();
  for (const auto& [name, results] : report.categories) categories[name] = list(results, result);
  const Output document = {{"metadata", metadata(report.metadata)},
                           {"system", data(report.system)},
                           {"categories", std::move(categories)},
                           {"summary", summary(report.summary)}};
  return document.dump(2, ' ', false, Output::error_handler_t::replace) + "\n";
}

}  // namespace melisai
