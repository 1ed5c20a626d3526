#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/measured.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

Better direction_of(std::string_view text) {
  if (text == "higher_is_better") return Better::higher;
  if (text == "lower_is_better") return Better::lower;
  return Better::unknown;
}

Result<void> add_metric(const json& metric, ReadingsBuilder& builder) {
  const std::string name = text_at(metric, "name");
  if (name.empty()) return Error{Errc::parse, "a metric has no name"};
  const auto value = loose_number_at(metric, "value");
  if (!value)
    return Error{Errc::parse, "metric " + in_quotes(name) + " has no number as its value"};
  const Measured measured =
      measured_in(text_at(metric, "unit"), direction_of(text_at(metric, "direction")));
  return builder.add(name, measured.metric, *value * measured.factor);
}

Result<void> add_run(const json& run, ReadingsBuilder& builder) {
  const json* const metrics = member(run, "metrics");
  if (metrics == nullptr || !metrics->is_array()) return Error{Errc::parse, "a run has no metrics"};
  for (const json& metric : *metrics) MELISAI_CHECK(add_metric(metric, builder));
  return {};
}

/// One run, or [{"timestamp", "metrics": [...], "attributes"}, ...]: several runs are a history, of
/// which the newest counts.
Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  const bool is_list = start != std::string_view::npos && head[start] == '[';
  MELISAI_TRY(const JsonPath path, JsonPath::parse(is_list ? "$[*]" : "$"));
  json newest;
  double latest = -std::numeric_limits<double>::infinity();
  MELISAI_CHECK(read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    const double time = number_at(row.value, "timestamp").value_or(0);
    if (time < latest) return {};
    latest = time;
    newest = std::move(row.value);
    return {};
  }));
  return newest.is_null() ? Result<void>() : add_run(newest, builder);
}

bool looks_like(const Probe& probe) {
  return (probe.has("[].metrics[].value") && probe.has("[].timestamp")) ||
         (probe.has("metrics[].value") && probe.has("timestamp"));
}

}  // namespace

extern const Format kNyrkio;
const Format kNyrkio{
    .info = {.name = "nyrkio-json",
             .tool = "Nyrkiö",
             .made_by = "your script: [{\"timestamp\": ..., \"metrics\": [...]}]"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
