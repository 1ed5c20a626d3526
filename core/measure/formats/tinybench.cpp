#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/measure/formats/cells.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kMillisecond = 1e6;

/// Statistics of one task; before version 3 they stood in the result itself.
Result<void> add_task(const json& task, ReadingsBuilder& builder) {
  const std::string name = text_at(task, "name");
  const json* const result = member(task, "result");
  const json& inner = result != nullptr && result->is_object() ? *result : task;
  const json* const latency = member(inner, "latency");
  const json& times = latency != nullptr && latency->is_object() ? *latency : inner;
  std::optional<double> time = number_at(times, "p50");
  if (!time) time = number_at(times, "mean");
  if (!time || text_at(inner, "state") == "errored") {
    const json* const error = member(inner, "error");
    const std::string why = error == nullptr ? "" : text_at(*error, "message");
    builder.fail(name, why.empty() ? "it has no time; did it throw?" : why);
    return {};
  }
  const auto n =
      count_from(number_at(times, "samplesCount").value_or(number_at(times, "df").value_or(0) + 1));
  MELISAI_CHECK(builder.add_summary(name, wall_time(), *time * kMillisecond, n));
  const json* const rates = member(inner, "throughput");
  std::optional<double> rate = rates == nullptr ? std::nullopt : number_at(*rates, "p50");
  if (!rate && rates != nullptr) rate = number_at(*rates, "mean");
  if (!rate) rate = number_at(inner, "hz");
  return rate ? builder.add_summary(name, throughput(), *rate, n) : Result<void>();
}

constexpr std::array<std::string_view, 3> kLists{"results", "tasks", "benchmarks"};

/// A list of tasks, or an object that somebody put around it.
Result<void> parse_json(Input& input, const Limits& limits, const Probe& probe,
                        ReadingsBuilder& builder) {
  std::string list = "$[*]";
  for (const std::string_view name : kLists)
    if (probe.has(name)) list = "$." + std::string(name) + "[*]";
  MELISAI_TRY(const JsonPath path, JsonPath::parse(list));
  const auto rows = read_rows(
      input, limits, path, [&](const JsonRow& row) { return add_task(row.value, builder); },
      "samples");
  return rows ? Result<void>() : Result<void>(rows.error());
}

/// Bun has no name for the column of the index.
bool is_head(const std::vector<std::string_view>& cells) {
  return cells.size() > 3 && (cells[0] == "(index)" || cells[0].empty()) &&
         (cells[1] == "Task name" || cells[1] == "Task Name");
}

/// console.table(bench.table()): the columns by their names, which changed between versions.
class Table {
 public:
  explicit Table(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    const std::vector<std::string_view> cells = cells_of(line);
    if (cells.size() < 3) return {};
    if (is_head(cells)) {
      columns_.assign(cells.begin(), cells.end());
      return {};
    }
    std::string name;
    for (std::size_t i = 0; i < std::min(cells.size(), columns_.size()); ++i)
      if (columns_[i] == "Task name" || columns_[i] == "Task Name") name = cells[i];
    if (name.empty()) return {};
    const auto cell = [&](std::string_view start) -> std::string_view {
      for (std::size_t i = 0; i < std::min(cells.size(), columns_.size()); ++i)
        if (columns_[i].starts_with(start)) return cells[i];
      return {};
    };
    const auto n = count_from(loose_number_from(cell("Samples"), true).value_or(1));
    const auto number = [&](std::string_view start) {
      const std::string_view text = cell(start);
      return loose_number_from(text.substr(0, text.find(" ±")), true);
    };
    std::optional<double> time = number("Latency med (ns)");
    if (!time) time = number("Latency average (ns)");
    if (!time) time = number("Latency avg (ns)");
    if (!time) time = number("Average Time (ns)");
    std::optional<double> rate = number("Throughput med (ops/s)");
    if (!rate) rate = number("Throughput avg (ops/s)");
    if (!rate) rate = number("Throughput average (ops/s)");
    if (!rate) rate = number("ops/sec");
    if (!time) {
      const std::string why(cell("Error"));
      builder_.fail(name, why.empty() ? "it has no time" : why);
      return {};
    }
    MELISAI_CHECK(builder_.add_summary(name, wall_time(), *time, n));
    return rate ? builder_.add_summary(name, throughput(), *rate, n) : Result<void>();
  }

 private:
  ReadingsBuilder& builder_;
  std::vector<std::string> columns_;
};

bool is_table(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(),
                     [](const std::string& line) { return is_head(cells_of(line)); });
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::text) return is_table(probe);
  const auto has = [&](const std::string& member) {
    return probe.has("[]." + member) || std::any_of(kLists.begin(), kLists.end(), [&](auto list) {
             return probe.has(std::string(list) + "[]." + member);
           });
  };
  // "latency" alone is what many tools say; degrees of freedom are tinybench's.
  return has("latency.df") || has("result.latency.df") || has("result.hz") ||
         (has("hz") && (has("df") || has("totalTime")));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (probe.kind() == Probe::Kind::json) return parse_json(input, limits, probe, builder);
  Table table(builder);
  return each_line(input, limits, [&](std::string_view line) { return table.take(line); });
}

}  // namespace

extern const Format kTinybench;
const Format kTinybench{
    .info = {.name = "tinybench",
             .tool = "tinybench",
             .made_by = "JSON.stringify(bench.tasks.map(t => ({ name: t.name, ...t.result })))"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
