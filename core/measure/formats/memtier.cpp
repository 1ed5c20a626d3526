#include <re2/re2.h>

#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kMillisecond = 1e6;

/// The statistics of all runs together: several runs are averaged, and the best and worst printed.
bool is_overall(std::string_view section) {
  return section == "ALL STATS" || section.starts_with("AGGREGATED AVERAGE RESULTS");
}

Result<void> add_kind(const std::string& name, const json& stats, ReadingsBuilder& builder) {
  const std::optional<double> rate = number_at(stats, "Ops/sec");
  if (!rate || *rate == 0) return {};
  const auto n = count_from(number_at(stats, "Count").value_or(1));
  MELISAI_CHECK(builder.add_summary(name, throughput(), *rate, n));
  std::optional<double> average = number_at(stats, "Average Latency");
  if (!average) average = number_at(stats, "Latency");
  if (average) MELISAI_CHECK(builder.add_summary(name, latency(), *average * kMillisecond, n));
  const json* const percentiles = member(stats, "Percentile Latencies");
  if (percentiles == nullptr) return {};
  for (const auto& [key, value] : percentiles->items())
    if (key.starts_with('p') && value.is_number())
      MELISAI_CHECK(builder.add_summary(name, latency_percentile(key.substr(1)),
                                        value.get<double>() * kMillisecond));
  return {};
}

Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  const auto rows = read_rows(input, limits, {}, [&](const JsonRow& row) -> Result<void> {
    for (const auto& [section, kinds] : row.value.items())
      if (is_overall(section) && kinds.is_object())
        for (const auto& [kind, stats] : kinds.items())
          MELISAI_CHECK(add_kind(kind, stats, builder));
    return {};
  });
  return rows ? Result<void>() : Result<void>(rows.error());
}

/// The table below "ALL STATS", by its columns, which grew with the versions.
class Table {
 public:
  explicit Table(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    const std::string_view text = trimmed(line);
    if (text.ends_with("STATS") || text.find("RESULTS") != std::string_view::npos) {
      is_overall_ = is_overall(text);
      columns_.clear();
      return {};
    }
    if (text.starts_with("Request Latency Distribution")) columns_.clear();
    const std::vector<std::string_view> cells = columns_of(line);
    if (cells.size() > 3 && cells[0] == "Type" && is_overall_) {
      columns_.assign(cells.begin(), cells.end());
      return {};
    }
    if (columns_.empty() || cells.size() != columns_.size()) return {};
    const std::string name(cells[0]);
    for (std::size_t i = 1; i < cells.size(); ++i) MELISAI_CHECK(add(name, columns_[i], cells[i]));
    return {};
  }

 private:
  Result<void> add(const std::string& name, std::string_view column, std::string_view cell) {
    const std::optional<double> value = number_from(cell);
    if (!value || *value == 0) return {};
    if (column == "Ops/sec") return builder_.add_summary(name, throughput(), *value);
    if (column == "Avg. Latency" || column == "Latency")
      return builder_.add_summary(name, latency(), *value * kMillisecond);
    constexpr std::string_view kLatency = " Latency";
    if (!column.starts_with('p') || !column.ends_with(kLatency)) return {};
    column.remove_suffix(kLatency.size());
    return builder_.add_summary(name, latency_percentile(column.substr(1)), *value * kMillisecond);
  }

  ReadingsBuilder& builder_;
  std::vector<std::string> columns_;
  bool is_overall_ = false;
};

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json)
    return probe.has("ALL STATS.Totals") || probe.has("configuration.key_prefix");
  return (probe.has_line_starting("ALL STATS") ||
          probe.has_line_with("AGGREGATED AVERAGE RESULTS")) &&
         probe.has_line_with("Ops/sec");
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (Probe(head, input.source()).kind() == Probe::Kind::json)
    return parse_json(input, limits, builder);
  Table table(builder);
  return each_line(input, limits, [&](std::string_view line) { return table.take(line); });
}

}  // namespace

extern const Format kMemtier;
const Format kMemtier{
    .info = {.name = "memtier",
             .tool = "memtier_benchmark",
             .made_by = "memtier_benchmark --json-out-file=FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
