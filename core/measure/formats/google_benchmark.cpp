#include <algorithm>
#include <cstdint>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/google_benchmark_row.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

Metric counter_metric(const std::string& name) {
  if (name == "bytes_per_second") return shown(name, "B/s", Better::higher);
  if (name.ends_with("_per_second")) return shown(name, "1/s", Better::higher);
  // Of a memory manager.
  if (name == "allocs_per_iter") return near_exact(name, "count");
  if (name == "max_bytes_used") return near_exact(name, "B");
  return shown(name, "count", Better::unknown);
}

bool looks_like(const Probe& probe) {
  return probe.has("benchmarks[].cpu_time") || probe.has("benchmarks[].error_occurred") ||
         probe.has("benchmarks[].per_family_instance_index") ||
         (probe.has("benchmarks") && probe.has("context.num_cpus")) ||
         std::any_of(probe.lines().begin(), probe.lines().end(), [](std::string_view line) {
           return is_google_console_head(line) || is_google_csv_head(line);
         });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string_view::npos && head[first] == '{';
  return (is_json ? parse_google_json : parse_google_text)(input, limits, builder);
}

}  // namespace

void GoogleRow::clear() {
  for (std::string* text : {&name, &run_name, &aggregate_name, &time_unit, &error}) text->clear();
  has_type = is_aggregate = false;
  real_time.reset();
  cpu_time.reset();
  repetitions.reset();
  counters.clear();
}

Result<void> add_row(const GoogleRow& row, ReadingsBuilder& builder) {
  const std::string& name = row.is_aggregate && !row.run_name.empty() ? row.run_name : row.name;
  if (name.empty()) return Error{Errc::parse, "a benchmark has no name"};
  if (!row.error.empty()) {
    builder.fail(name, row.error);
    return {};
  }
  if (row.is_aggregate && row.aggregate_name != "median") return {};
  return add_values(name, row, builder);
}

Result<void> add_values(const std::string& name, const GoogleRow& row, ReadingsBuilder& builder) {
  const std::optional<Unit> unit = unit_from(row.time_unit.empty() ? "ns" : row.time_unit);
  if (!unit || unit->canonical != "ns")
    return Error{Errc::parse, "benchmark " + in_quotes(name) + " has the time_unit " +
                                  in_quotes(row.time_unit) + ", not ns, us, ms or s"};
  const auto repetitions =
      static_cast<std::uint64_t>(std::clamp(row.repetitions.value_or(1), 1.0, 1e9));
  const auto add = [&](const Metric& metric, double value) {
    return row.is_aggregate ? builder.add_summary(name, metric, value, repetitions)
                            : builder.add(name, metric, value);
  };
  if (row.real_time) MELISAI_CHECK(add(wall_time(), *row.real_time * unit->factor));
  if (row.cpu_time) MELISAI_CHECK(add(cpu_time(), *row.cpu_time * unit->factor));
  for (const auto& [counter, value] : row.counters)
    MELISAI_CHECK(add(counter_metric(counter), value));
  return {};
}

extern const Format kGoogleBenchmark;
const Format kGoogleBenchmark{
    .info = {.name = "google-benchmark",
             .tool = "Google Benchmark",
             .made_by = "./bench --benchmark_out=FILE --benchmark_out_format=json"},
    .looks_like = looks_like,
    .parse = parse,
    .filter_template = "--benchmark_filter={regex}",
    .filter = exact_names_regex,
};

}  // namespace melisai::formats
