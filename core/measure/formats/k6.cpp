#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_lines.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kMillisecond = 1e6;

// Each metric of k6 is a benchmark here: a trend has a time, a counter a throughput.

/// Parts of http_req_duration and what surrounds it: too noisy to be judged.
bool is_phase(std::string_view name) {
  for (const std::string_view phase :
       {"blocked", "connecting", "tls_handshaking", "sending", "receiving", "looking_up"})
    if (name.starts_with(std::string("http_req_") + std::string(phase))) return true;
  return false;
}

Metric time_of(std::string_view name) {
  return is_phase(name) ? shown("wall_time", "ns", Better::lower) : wall_time();
}

bool is_data(std::string_view name) { return name.starts_with("data_"); }

Metric rate_of(std::string_view name) {
  return is_data(name) ? shown("throughput", "B/s", Better::unknown) : throughput();
}

Metric share_of(std::string_view name) {
  const bool is_of_failures = name.find("failed") != std::string_view::npos;
  return shown("rate", "ratio", is_of_failures ? Better::lower : Better::unknown);
}

/// `contains`: what the metric says its values are; the older export does not say, but names end
/// in their meaning there.
bool is_time(std::string_view name, std::string_view contains) {
  if (!contains.empty()) return contains == "time";
  return name.find("duration") != std::string_view::npos || is_phase(name) ||
         name.find("waiting") != std::string_view::npos;
}

Result<void> add_trend(const std::string& name, const json& values, bool is_time,
                       ReadingsBuilder& builder) {
  const double factor = is_time ? kMillisecond : 1;
  const std::string unit = is_time ? "ns" : "count";
  std::optional<double> middle = number_at(values, "med");
  if (!middle) middle = number_at(values, "avg");
  if (!middle) return {};
  const Metric metric = is_time ? time_of(name) : shown("value", unit, Better::unknown);
  MELISAI_CHECK(builder.add_summary(name, metric, *middle * factor));
  for (const auto& [key, value] : values.items())
    if (key.starts_with("p(") && key.ends_with(")") && value.is_number() && is_time)
      MELISAI_CHECK(builder.add_summary(name, latency_percentile(key.substr(2, key.size() - 3)),
                                        value.get<double>() * factor));
  return {};
}

Result<void> add_summary_metric(const std::string& name, const json& metric,
                                ReadingsBuilder& builder) {
  const json* const nested = member(metric, "values");
  const json& values = nested != nullptr ? *nested : metric;
  if (member(values, "med") != nullptr || member(values, "avg") != nullptr) {
    // A custom trend of the older export has no unit; only the newer one says what is a time.
    const std::string contains = text_at(metric, "contains");
    return add_trend(name, values, is_time(name, contains), builder);
  }
  if (const auto rate = number_at(values, "rate"); rate && member(values, "count") != nullptr)
    return builder.add_summary(name, rate_of(name), *rate);
  std::optional<double> share = number_at(values, "rate");
  if (!share && member(values, "passes") != nullptr) share = number_at(values, "value");
  if (!share) return {};
  return builder.add_summary(name, share_of(name), *share);
}

Result<void> parse_summary(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.metrics[*]"));
  const auto metrics = read_rows(input, limits, path, [&](const JsonRow& row) {
    return add_summary_metric(row.at.front(), row.value, builder);
  });
  return metrics ? Result<void>() : Result<void>(metrics.error());
}

/// `k6 run --out json`: a line declares a metric before its points.
Result<void> parse_points(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  std::map<std::string, bool> trends;  // whether it holds times
  const auto lines = read_json_lines(input, limits, [&](const json& row) -> Result<void> {
    const std::string metric = text_at(row, "metric");
    const json* const data = member(row, "data");
    if (data == nullptr) return {};
    if (text_at(row, "type") == "Metric") {
      if (text_at(*data, "type") == "trend") trends[metric] = text_at(*data, "contains") == "time";
      return {};
    }
    const auto trend = trends.find(metric);
    const std::optional<double> value = number_at(*data, "value");
    if (trend == trends.end() || !value) return {};
    return trend->second ? builder.add(metric, time_of(metric), *value * kMillisecond)
                         : builder.add(metric, shown("value", "count", Better::unknown), *value);
  });
  return lines ? Result<void>() : Result<void>(lines.error());
}

/// `k6 run --out csv`, which says neither type nor unit: times are known by their names.
Result<void> parse_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  const auto name = table.column("metric_name"), value = table.column("metric_value");
  if (!name || !value) return lines.wrong("there is no column 'metric_name' or 'metric_value'");
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return {};
    const std::string& metric = (*row)[*name];
    const std::optional<double> milliseconds = number_from((*row)[*value]);
    if (!milliseconds) return lines.wrong("'" + (*row)[*value] + "' is no number");
    if (is_time(metric, ""))
      MELISAI_CHECK(builder.add(metric, time_of(metric), *milliseconds * kMillisecond));
  }
}

bool is_csv(const Probe& probe) { return probe.has_line_starting("metric_name,timestamp,"); }

/// "avg=4.1ms min=... p(95)=...": of times, or of numbers without a unit.
Result<void> add_trend_text(const std::string& name, const std::string& text,
                            ReadingsBuilder& builder) {
  const std::vector<std::string_view> pairs = words_of(text);
  const bool has_times =
      is_time(name, "") || std::any_of(pairs.begin(), pairs.end(),
                                       [](std::string_view pair) { return pair.ends_with('s'); });
  // Sizes have their unit behind a blank.
  if (std::any_of(pairs.begin(), pairs.end(),
                  [](std::string_view pair) { return pair.find('=') == std::string_view::npos; }))
    return {};
  for (const std::string_view pair : pairs) {
    const std::size_t equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals), value = pair.substr(equals + 1);
    const auto number = has_times ? duration_from(value) : number_from(value);
    if (!number) continue;
    if (key == "med")
      MELISAI_CHECK(builder.add_summary(
          name, has_times ? time_of(name) : shown("value", "count", Better::unknown), *number));
    if (key.starts_with("p(") && key.ends_with(")") && has_times)
      MELISAI_CHECK(
          builder.add_summary(name, latency_percentile(key.substr(2, key.size() - 3)), *number));
  }
  return {};
}

/// The summary at the end of a run: "http_req_duration....: avg=4.1ms min=... p(95)=...".
Result<void> take_line(std::string_view line, std::string& parent, ReadingsBuilder& builder) {
  static const RE2 trend(R"(\s*(?:[✓✗] )?(\{? ?[^.\s].*?)\.*: (avg=.*))");
  static const RE2 counter(
      R"(\s*(?:[✓✗] )?(\{? ?[^.\s].*?)\.*: ([0-9.]+ ?[kMGT]?i?B?)\s+([0-9.]+ ?[kMGT]?i?B?/s))");
  static const RE2 share(R"(\s*(?:[✓✗] )?(\{? ?[^.\s].*?)\.{3,}: ([0-9.]+)%(?:\s.*)?)");
  std::string name, text, rate;
  const bool is_trend = RE2::FullMatch(line, trend, &name, &text);
  const bool is_share = !is_trend && RE2::FullMatch(line, share, &name, &text);
  if (!is_trend && !is_share && !RE2::FullMatch(line, counter, &name, &text, &rate)) return {};
  // A submetric stands below its metric: "{ expected_response:true }".
  if (name.starts_with("{"))
    name = parent + "{" + std::string(trimmed(name.substr(1, name.find('}') - 1))) + "}";
  else
    parent = name;
  if (is_trend) return add_trend_text(name, text, builder);
  if (is_share)
    return builder.add_summary(name, share_of(name), number_from(text).value_or(-1) / 100);
  const std::optional<Quantity> quantity =
      quantity_from(rate.ends_with("B/s") ? rate : rate.substr(0, rate.size() - 2) + " ops/s");
  return quantity ? builder.add_summary(name, rate_of(name), quantity->value) : Result<void>();
}

bool is_summary(const Probe& probe) {
  return probe.has("metrics") && (probe.has("root_group") || probe.has("*.iterations.count") ||
                                  probe.has("metrics.iterations"));
}

bool is_points(const Probe& probe) {
  return probe.has("metric") && (probe.has("data.contains") || probe.has("data.value"));
}

bool is_text(const Probe& probe) {
  static const RE2 iterations(R"(\s*iterations?(?:_duration)?\.{3,}: .*)");
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    return line.find("...: ") != std::string::npos && RE2::FullMatch(line, iterations);
  });
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json) return is_summary(probe) || is_points(probe);
  return is_csv(probe) || is_text(probe);
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (probe.kind() == Probe::Kind::json)
    return is_points(probe) ? parse_points(input, limits, builder)
                            : parse_summary(input, limits, builder);
  if (is_csv(probe)) {
    Lines lines(input, limits);
    return parse_csv(lines, builder);
  }
  std::string parent;
  return each_line(input, limits,
                   [&](std::string_view line) { return take_line(line, parent, builder); });
}

}  // namespace

extern const Format kK6;
const Format kK6{
    .info = {.name = "k6", .tool = "k6", .made_by = "k6 run --summary-export=FILE script.js"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
