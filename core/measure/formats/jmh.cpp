#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/jmh_row.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

/// "#/op" of -prof perfnorm counts things.
std::optional<Unit> unit_of(std::string_view text) {
  if (text == "#" || text == "#/op") return Unit{1, "count", Better::unknown};
  return unit_from(text);
}

Metric score_metric(std::string_view mode, const Unit& unit) {
  if (unit.canonical != "ns") return throughput(unit.canonical);
  Metric metric = wall_time();
  if (mode == "sample") metric.name = "sample_time";
  if (mode == "ss") metric.name = "single_shot_time";
  return metric;
}

Result<void> add_secondary(const JmhRow& row, ReadingsBuilder& builder) {
  const std::optional<Unit> unit = unit_of(row.unit);
  const std::string name = snake_case(row.secondary);
  if (!unit || name.empty()) return {};
  // Nobody wants a high allocation rate, and nobody a low one as such.
  const Better better = unit->canonical == "B/s" ? Better::unknown : unit->better;
  const Metric metric = shown(name, unit->canonical, better);
  for (const double value : row.raw)
    MELISAI_CHECK(builder.add(row.name, metric, value * unit->factor));
  return builder.add_summary(row.name, metric, row.score * unit->factor, row.n);
}

std::vector<double> raw_of(const json& metric) {
  std::vector<double> raw;
  const json* const forks = member(metric, "rawData");
  if (forks == nullptr || !forks->is_array()) return raw;
  for (const json& fork : *forks)
    for (const double value : numbers_in(&fork)) raw.push_back(value);
  return raw;
}

/// Sampled times come as [[[time, count], ...], ...]: how many they are.
std::uint64_t samples_in(const json& metric) {
  double samples = 0;
  const json* const forks = member(metric, "rawDataHistogram");
  if (forks == nullptr || !forks->is_array()) return 1;
  for (const json& fork : *forks) {
    if (!fork.is_array()) continue;
    for (const json& iteration : fork) {
      if (!iteration.is_array()) continue;
      for (const json& bucket : iteration)
        if (const auto pair = numbers_in(&bucket); pair.size() == 2) samples += pair[1];
    }
  }
  return count_of(samples);
}

Result<void> add_metric(const json& metric, JmhRow row, ReadingsBuilder& builder) {
  const auto score = loose_number_at(metric, "score");
  row.unit = text_at(metric, "scoreUnit");
  row.raw = raw_of(metric);
  if (!score && row.raw.empty()) {
    if (row.secondary.empty()) builder.fail(row.name, "it has no score");
    return {};
  }
  row.score = score.value_or(0);
  row.n = samples_in(metric);
  return add_row(row, builder);
}

/// "p0.50" of "50.0", "p0.9999" of "99.99": as the table calls a percentile.
std::string percentile_label(double percent) {
  std::string label = std::to_string(percent / 100);
  while (label.ends_with('0') && label.size() > std::string_view("0.00").size()) label.pop_back();
  return "p" + label;
}

/// Of a mode that keeps a histogram; they are only shown.
Result<void> add_percentiles(const json& metric, JmhRow row, ReadingsBuilder& builder) {
  const json* const percentiles = member(metric, "scorePercentiles");
  if (percentiles == nullptr || !percentiles->is_object()) return {};
  row.unit = text_at(metric, "scoreUnit");
  for (const auto& [key, value] : percentiles->items()) {
    const auto percent = number_from(key);
    if (!percent || !value.is_number()) continue;
    row.secondary = percentile_label(*percent);
    row.score = value.get<double>();
    MELISAI_CHECK(add_row(row, builder));
  }
  return {};
}

Result<void> add_result(const json& result, ReadingsBuilder& builder) {
  JmhRow row;
  row.name = text_at(result, "benchmark");
  row.mode = text_at(result, "mode");
  if (row.name.empty()) return Error{Errc::parse, "a result has no benchmark"};
  if (const json* const parameters = member(result, "params");
      parameters != nullptr && parameters->is_object())
    for (const auto& [name, value] : parameters->items())
      row.name = with_parameter(std::move(row.name), name,
                                value.is_string() ? value.get<std::string>() : value.dump());
  const json* const primary = member(result, "primaryMetric");
  if (primary == nullptr)
    return Error{Errc::parse, "benchmark " + in_quotes(row.name) + " has no primaryMetric"};
  MELISAI_CHECK(add_metric(*primary, row, builder));
  if (row.mode == "sample") MELISAI_CHECK(add_percentiles(*primary, row, builder));
  const json* const others = member(result, "secondaryMetrics");
  if (others == nullptr || !others->is_object()) return {};
  for (const auto& [label, metric] : others->items()) {
    row.secondary = label;
    MELISAI_CHECK(add_metric(metric, row, builder));
  }
  return {};
}

Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$[*]"));
  MELISAI_CHECK(read_rows(input, limits, path,
                          [&](const JsonRow& row) { return add_result(row.value, builder); }));
  return {};
}

struct CsvColumns {
  std::size_t name = 0, mode = 0, samples = 0, score = 0, unit = 0;
};

Result<void> add_csv_row(const CsvFields& header, const CsvColumns& columns, const CsvFields& row,
                         ReadingsBuilder& builder) {
  constexpr std::string_view kParameter = "Param: ";
  JmhRow result;
  result.name = row[columns.name];
  split_label(result);
  for (std::size_t i = 0; i < row.size(); ++i)
    if (header[i].starts_with(kParameter) && !row[i].empty())
      result.name =
          with_parameter(std::move(result.name), header[i].substr(kParameter.size()), row[i]);
  const auto score = loose_number_from(row[columns.score], false);
  if (!score)
    return Error{Errc::parse, "the score is " + in_quotes(row[columns.score]) + ", not a number"};
  result.mode = row[columns.mode];
  result.unit = row[columns.unit];
  result.score = *score;
  result.n = count_of(number_from(row[columns.samples]));
  return add_row(result, builder);
}

Result<void> parse_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  CsvColumns columns;
  for (const auto& [name, column] :
       {std::pair("Benchmark", &columns.name), std::pair("Mode", &columns.mode),
        std::pair("Samples", &columns.samples), std::pair("Score", &columns.score),
        std::pair("Unit", &columns.unit)}) {
    const auto found = table.column(name);
    if (!found) return lines.wrong("the header has no column '" + std::string(name) + "'");
    *column = *found;
  }
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return {};
    const auto added = add_csv_row(table.header(), columns, *row, builder);
    if (!added) return lines.wrong(added.error().message);
  }
}

bool is_csv_header(std::string_view line) {
  return line.starts_with("\"Benchmark\"") && line.find("\"Mode\"") != std::string_view::npos &&
         line.find("\"Score\"") != std::string_view::npos;
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (begins_as_json(head)) return parse_json(input, limits, builder);
  const bool is_csv = is_csv_header(head.substr(0, head.find('\n')));
  Lines lines(input, limits);
  return is_csv ? parse_csv(lines, builder) : parse_jmh_table(lines, builder);
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json) return probe.has("[].primaryMetric");
  if (!probe.lines().empty() && is_csv_header(probe.lines().front())) return true;
  return std::any_of(probe.lines().begin(), probe.lines().end(), is_jmh_header);
}

}  // namespace

Result<void> add_row(const JmhRow& row, ReadingsBuilder& builder) {
  if (!row.secondary.empty()) return add_secondary(row, builder);
  const std::optional<Unit> unit = unit_of(row.unit);
  if (!unit || (unit->canonical != "ns" && unit->better != Better::higher))
    return Error{Errc::parse, "benchmark " + in_quotes(row.name) + " has the unit " +
                                  in_quotes(row.unit) + ", neither a time nor a rate"};
  Metric metric = score_metric(row.mode, *unit);
  if (row.is_rough) metric.tier = Tier::explain;
  for (const double value : row.raw)
    MELISAI_CHECK(builder.add(row.name, metric, value * unit->factor));
  if (!row.raw.empty()) return {};
  return builder.add_summary(row.name, metric, row.score * unit->factor, row.n);
}

void split_label(JmhRow& row) {
  const std::size_t colon = row.name.find(':');
  if (colon == std::string::npos) return;
  row.secondary = row.name.substr(colon + 1);
  row.name.resize(colon);
  // The percentiles of "pkg.Bench.method" are "method·p0.50", or "p0.50" since 1.37.
  constexpr std::string_view kDot = "·";
  if (const std::size_t dot = row.secondary.find(kDot); dot != std::string::npos)
    row.secondary.erase(0, dot + kDot.size());
}

std::string with_parameter(std::string name, std::string_view parameter, std::string_view value) {
  return name.append("/").append(parameter).append("=").append(value);
}

extern const Format kJmh;
const Format kJmh{
    .info = {.name = "jmh",
             .tool = "JMH",
             .made_by = "java -jar benchmarks.jar -rf json -rff FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
