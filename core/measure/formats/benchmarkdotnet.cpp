#include "core/measure/formats/benchmarkdotnet.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

/// "Ns.Type.Method(N: 10)"; the brief files of old versions have only its parts.
std::string name_of(const json& benchmark) {
  if (std::string full = text_at(benchmark, "FullName"); !full.empty()) return full;
  std::string name = joined(text_at(benchmark, "Namespace"), text_at(benchmark, "Type"), ".");
  const std::string method = text_at(benchmark, "Method");
  if (method.empty()) return "";
  name = joined(name, method, ".");
  const std::string parameters = text_at(benchmark, "Parameters");
  return parameters.empty() ? name : name + "(" + parameters + ")";
}

/// "Type.Method: Job-ABC(Runtime=.NET 8.0) [N=10]" -> "Job-ABC(Runtime=.NET 8.0)"
std::string job_of(const json& benchmark) {
  const std::string text = text_at(benchmark, "DisplayInfo");
  const std::size_t start = text.find(": ");
  if (start == std::string::npos) return "";
  const std::string job = text.substr(start + 2);
  return job.substr(0, job.find(" ["));
}

Result<void> add_times(const std::string& name, const json& statistics, ReadingsBuilder& builder) {
  const std::vector<double> values = numbers_in(member(statistics, "OriginalValues"));
  for (const double ns : values) MELISAI_CHECK(builder.add(name, wall_time(), ns));
  if (!values.empty()) return {};
  const auto median = loose_number_at(statistics, "Median");
  const auto center = median ? median : loose_number_at(statistics, "Mean");
  if (center)
    return builder.add_summary(name, wall_time(), *center, count_of(number_at(statistics, "N")));
  builder.fail(name, "it has no times");
  return {};
}

/// What diagnosers measured; the file says what is better.
Result<void> add_metrics(const std::string& name, const json& metrics, ReadingsBuilder& builder) {
  if (!metrics.is_array()) return {};
  for (const json& metric : metrics) {
    const json* const descriptor = member(metric, "Descriptor");
    const auto value = number_at(metric, "Value");
    if (descriptor == nullptr || !value || text_at(*descriptor, "Id") == "Allocated Memory")
      continue;
    const std::string unit_text = text_at(*descriptor, "Unit");
    const auto unit = unit_from(unit_text.empty() || unit_text == "Count" ? "count" : unit_text);
    const std::string metric_name = snake_case(text_at(*descriptor, "DisplayName"));
    const json* const greater = member(*descriptor, "TheGreaterTheBetter");
    if (!unit || metric_name.empty() || greater == nullptr || !greater->is_boolean()) continue;
    const Better better = greater->get<bool>() ? Better::higher : Better::lower;
    MELISAI_CHECK(
        builder.add(name, shown(metric_name, unit->canonical, better), *value * unit->factor));
  }
  return {};
}

Result<void> add_benchmark(const json& benchmark, Variants& jobs, ReadingsBuilder& builder) {
  const std::string full_name = name_of(benchmark);
  if (full_name.empty()) return Error{Errc::parse, "a benchmark has neither FullName nor Method"};
  const std::string name = jobs.name_of(full_name, job_of(benchmark));
  const json* const statistics = member(benchmark, "Statistics");
  if (statistics == nullptr || !statistics->is_object()) {
    builder.fail(name, "it has no statistics");
    return {};
  }
  MELISAI_CHECK(add_times(name, *statistics, builder));
  if (const json* const memory = member(benchmark, "Memory"))
    if (const auto bytes = number_at(*memory, "BytesAllocatedPerOperation"))
      MELISAI_CHECK(builder.add(name, near_exact("allocated_bytes", "B"), *bytes));
  const json* const metrics = member(benchmark, "Metrics");
  return metrics == nullptr ? Result<void>() : add_metrics(name, *metrics, builder);
}

Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.Benchmarks[*]"));
  Variants jobs;
  MELISAI_CHECK(read_rows(input, limits, path, [&](const JsonRow& row) {
    return add_benchmark(row.value, jobs, builder);
  }));
  return {};
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (begins_as_json(head)) return parse_json(input, limits, builder);
  const bool is_csv = is_dotnet_csv_header(head.substr(0, head.find('\n')));
  Lines lines(input, limits);
  return is_csv ? parse_dotnet_csv(lines, builder) : parse_dotnet_tables(lines, builder);
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json)
    return probe.has("HostEnvironmentInfo") || probe.has("Benchmarks[].Statistics");
  if (!probe.lines().empty() && is_dotnet_csv_header(probe.lines().front())) return true;
  return std::any_of(probe.lines().begin(), probe.lines().end(), is_dotnet_header);
}

}  // namespace

extern const Format kBenchmarkDotNet;
const Format kBenchmarkDotNet{
    .info = {.name = "benchmarkdotnet",
             .tool = "BenchmarkDotNet",
             .made_by = "dotnet run -c Release -- --exporters json"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
