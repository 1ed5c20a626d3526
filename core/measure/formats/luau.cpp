#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/measured.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kSuccess = "SUCCESS: ";
constexpr std::string_view kFailed = "FAILED: ";

struct Row {
  std::string name, driver;
  double ns = 0;
};

std::optional<double> time_from(std::string_view text) {
  const auto quantity = quantity_from(text);
  return quantity && quantity->unit.canonical == "ns" ? std::optional(quantity->value)
                                                      : std::nullopt;
}

/// "SUCCESS: base64   :   15.041ms +/-  0.636% on luau"
std::optional<Row> row_from(std::string_view line) {
  if (!line.starts_with(kSuccess)) return std::nullopt;
  line.remove_prefix(kSuccess.size());
  const std::size_t colon = line.find(" : "), spread = line.find("+/-"), on = line.rfind(" on ");
  if (colon == std::string_view::npos || spread == std::string_view::npos || spread < colon)
    return std::nullopt;
  const auto ns = time_from(line.substr(colon + 3, spread - colon - 3));
  if (!ns) return std::nullopt;
  const std::string_view driver = on == std::string_view::npos ? "" : line.substr(on + 4);
  return Row{std::string(trimmed(line.substr(0, colon))), std::string(trimmed(driver)), *ns};
}

/// "base64    |   14.831ms  |   15.041ms  |    0.636%  | luau"
std::optional<Row> table_row_from(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const std::size_t bar = line.find('|');
    cells.push_back(trimmed(line.substr(0, bar)));
    if (bar == std::string_view::npos) break;
    line.remove_prefix(bar + 1);
  }
  const auto ns = cells.size() < 5 ? std::nullopt : time_from(cells[2]);
  if (!ns || cells[0] == "Total") return std::nullopt;
  return Row{std::string(cells[0]), std::string(cells[4]), *ns};
}

bool is_table_header(std::string_view line) {
  return line.starts_with("Test ") && line.find("| Average") != std::string_view::npos &&
         line.find("| StdDev%") != std::string_view::npos;
}

/// The lines that come while it runs say the same as the table at the end, which a run that was cut
/// short lacks: each benchmark counts once.
Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  Variants drivers;
  std::map<std::string, double> averages;
  bool is_in_table = false;
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) break;
    if (is_table_header(*line)) is_in_table = true;
    if (line->starts_with(kFailed))
      if (const auto words = words_of(line->substr(kFailed.size())); !words.empty())
        builder.fail(words.front(), "it failed");
    const auto row = is_in_table ? table_row_from(*line) : row_from(*line);
    if (row) averages[drivers.name_of(row->name, row->driver)] = row->ns;
    if (averages.size() > limits.readings_max)
      return Error{Errc::limit, "more than " + std::to_string(limits.readings_max) + " benchmarks"};
  }
  for (const auto& [name, ns] : averages) MELISAI_CHECK(builder.add_summary(name, wall_time(), ns));
  return {};
}

bool looks_like(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    return row_from(line).has_value() || is_table_header(line);
  });
}

}  // namespace

extern const Format kBenchmarkLuau;
const Format kBenchmarkLuau{
    .info = {.name = "benchmark-luau",
             .tool = "Luau's bench.py",
             .made_by = "python3 bench/bench.py > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
