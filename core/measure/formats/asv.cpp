#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/asv_row.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr std::size_t kCombinationsMax = 1'000'000;

/// What a result file holds of one benchmark: per combination of parameters.
struct Columns {
  const json* result = nullptr;
  const json* params = nullptr;
  const json* samples = nullptr;
  const json* repeats = nullptr;  ///< how many samples there were
};

const json* element(const json* array, std::size_t at) {
  return array != nullptr && array->is_array() && at < array->size() ? &(*array)[at] : nullptr;
}

/// "time_it(10, 'a')" of combination `at`: the last parameter changes fastest.
std::string combination_name(const std::string& name, const json* params, std::size_t at) {
  if (params == nullptr || !params->is_array() || params->empty()) return name;
  std::vector<std::string> values;
  for (auto list = params->rbegin(); list != params->rend(); ++list) {
    if (!list->is_array() || list->empty()) return name + "(" + std::to_string(at) + ")";
    const json& value = (*list)[at % list->size()];
    values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    at /= list->size();
  }
  std::string all;
  for (auto value = values.rbegin(); value != values.rend(); ++value)
    all += (all.empty() ? "" : ", ") + *value;
  return name + "(" + all + ")";
}

Result<void> add_combination(const std::string& benchmark, const std::string& name,
                             const Columns& columns, std::size_t at, ReadingsBuilder& builder) {
  const Measured measured = asv_measured(benchmark);
  const json* const result = element(columns.result, at);
  if (result == nullptr || !result->is_number()) {
    builder.fail(name, "asv recorded no result of it");
    return {};
  }
  // asv's way to say that a benchmark was skipped.
  if (std::isnan(result->get<double>())) return {};
  for (const double sample : numbers_in(element(columns.samples, at)))
    MELISAI_CHECK(builder.add(name, measured.metric, sample * measured.factor));
  const json* const repeats = element(columns.repeats, at);
  const bool has_count = repeats != nullptr && repeats->is_number();
  return builder.add_summary(
      name, measured.metric, result->get<double>() * measured.factor,
      count_of(has_count ? std::optional(repeats->get<double>()) : std::nullopt));
}

Result<void> add_benchmark(const std::string& name, const Columns& columns,
                           ReadingsBuilder& builder) {
  if (columns.result == nullptr || !columns.result->is_array()) {
    builder.fail(name, "asv recorded no result of it");
    return {};
  }
  if (columns.result->size() > kCombinationsMax)
    return Error{Errc::limit, "benchmark " + in_quotes(name) + " has more than " +
                                  std::to_string(kCombinationsMax) + " combinations"};
  for (std::size_t at = 0; at < columns.result->size(); ++at)
    MELISAI_CHECK(
        add_combination(name, combination_name(name, columns.params, at), columns, at, builder));
  return {};
}

/// Schema 2: a row of values whose meaning "result_columns" tells. Schema 1: an object, or, without
/// parameters, the bare value.
Result<void> add_entry(const std::string& name, const json& entry,
                       const std::vector<std::string>& order, ReadingsBuilder& builder) {
  if (entry.is_object())
    return add_benchmark(name,
                         {.result = member(entry, "result"),
                          .params = member(entry, "params"),
                          .samples = member(entry, "samples")},
                         builder);
  if (!entry.is_array() || order.empty()) {
    const json results = json::array({entry});
    return add_benchmark(name, {.result = &results}, builder);
  }
  const auto column = [&](std::string_view title) {
    const auto found = std::find(order.begin(), order.end(), title);
    return element(&entry, static_cast<std::size_t>(found - order.begin()));
  };
  return add_benchmark(name,
                       {.result = column("result"),
                        .params = column("params"),
                        .samples = column("samples"),
                        .repeats = column("stats_repeat")},
                       builder);
}

/// The columns' order may stand behind the rows, so the document is read at once.
Result<void> add_document(const json& document, ReadingsBuilder& builder) {
  const json* const results = member(document, "results");
  if (results == nullptr || !results->is_object()) {
    if (member(document, "ram") != nullptr)
      return Error{Errc::parse,
                   "this describes a machine; give a file of .asv/results/MACHINE/ that is named "
                   "after a commit"};
    return Error{Errc::parse,
                 "this lists what asv can measure; give a file of .asv/results/MACHINE/ that is "
                 "named after a commit"};
  }
  std::vector<std::string> order;
  if (const json* const columns = member(document, "result_columns");
      columns != nullptr && columns->is_array())
    for (const json& column : *columns)
      order.push_back(column.is_string() ? column.get<std::string>() : "");
  for (const auto& [name, entry] : results->items())
    MELISAI_CHECK(add_entry(name, entry, order, builder));
  return {};
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (!begins_as_json(head)) {
    Lines lines(input, limits);
    return parse_asv_log(lines, builder);
  }
  MELISAI_CHECK(read_rows(input, limits, {},
                          [&](const JsonRow& row) { return add_document(row.value, builder); }));
  return {};
}

bool looks_like(const Probe& probe) {
  if (probe.kind() != Probe::Kind::json)
    return std::any_of(probe.lines().begin(), probe.lines().end(), is_asv_log);
  const bool is_result = probe.has("commit_hash") && probe.has("results");
  const bool is_machine = probe.has("machine") && probe.has("arch") && probe.has("ram");
  return is_result || is_machine || (probe.has("*.param_names") && probe.has("*.code"));
}

}  // namespace

Measured asv_measured(std::string_view benchmark) {
  const std::string_view function = benchmark.substr(benchmark.rfind('.') + 1);
  const auto is = [&](std::string_view lower, std::string_view upper) {
    return function.starts_with(lower) || function.starts_with(upper);
  };
  if (is("time_", "Time") || is("timeraw_", "Timeraw")) return {wall_time(), 1e9};
  if (is("mem_", "Mem")) return {near_exact("memory", "B"), 1};
  if (is("peakmem_", "PeakMem")) return {near_exact("peak_memory", "B"), 1};
  return {shown("value", "count", Better::unknown), 1};
}

extern const Format kAsv;
const Format kAsv{
    .info = {.name = "asv",
             .tool = "airspeed velocity",
             .made_by = "asv run --record-samples; FILE is .asv/results/MACHINE/COMMIT-ENV.json"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
