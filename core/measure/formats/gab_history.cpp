#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/gab.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/measured.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr std::string_view kVariable = "window.BENCHMARK_DATA";

/// The two tools that stand for a team's own results say what is better; of others the unit tells.
Better direction_of(std::string_view tool) {
  if (tool == "customBiggerIsBetter") return Better::higher;
  if (tool == "customSmallerIsBetter") return Better::lower;
  return Better::unknown;
}

Result<void> add_bench(const json& bench, Better better, ReadingsBuilder& builder) {
  const std::string name = text_at(bench, "name");
  const auto value = loose_number_at(bench, "value");
  if (name.empty()) return Error{Errc::parse, "a benchmark has no name"};
  if (!value) {
    builder.fail(name, "its value is not a number");
    return {};
  }
  const Measured measured = measured_in(text_at(bench, "unit"), better);
  return builder.add_summary(name, measured.metric, *value * measured.factor);
}

/// Nothing is in `readings` when no benchmark was recorded.
Result<GabEntry> entry_from(const json& value, const std::string& suite, const Limits& limits) {
  GabEntry entry{.suite = suite, .commit = {}, .commit_time = {}, .readings = {}};
  if (const json* const commit = member(value, "commit")) {
    entry.commit = text_at(*commit, "id");
    entry.commit_time = text_at(*commit, "timestamp");
  }
  constexpr double kLatest = 1e15;
  const double date = number_at(value, "date").value_or(0);
  if (std::abs(date) < kLatest) entry.date_ms = static_cast<std::int64_t>(date);
  const json* const benches = member(value, "benches");
  if (benches == nullptr || !benches->is_array())
    return Error{Errc::parse, "an entry of suite " + in_quotes(suite) + " has no benches"};
  const Better better = direction_of(text_at(value, "tool"));
  ReadingsBuilder builder(limits);
  for (const json& bench : *benches) MELISAI_CHECK(add_bench(bench, better, builder));
  if (builder.empty()) return entry;
  MELISAI_TRY(entry.readings, builder.take());
  return entry;
}

Result<void> add_entry(const GabEntry& entry, ReadingsBuilder& builder) {
  for (const Reading& reading : entry.readings.readings)
    MELISAI_CHECK(builder.add_summary(entry.suite + "/" + reading.benchmark, reading.metric,
                                      reading.value, reading.n));
  for (const auto& [benchmark, why] : entry.readings.failed)
    builder.fail(entry.suite + "/" + benchmark, why);
  return {};
}

/// The newest entry of each suite.
Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  std::map<std::string, GabEntry> newest;
  MELISAI_CHECK(read_gab_history(input, limits, [&](GabEntry& entry) -> Result<void> {
    const auto [last, is_first] = newest.try_emplace(entry.suite);
    if (is_first || entry.date_ms >= last->second.date_ms) last->second = std::move(entry);
    return {};
  }));
  for (const auto& [suite, entry] : newest) MELISAI_CHECK(add_entry(entry, builder));
  return {};
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json) return probe.has("repoUrl") && probe.has("entries");
  return probe.has_line_starting(kVariable);
}

}  // namespace

Result<void> read_gab_history(Input& input, const Limits& limits,
                              const std::function<Result<void>(GabEntry&)>& take) {
  MELISAI_TRY(const std::string_view head, input.head());
  const std::size_t start = head.find('{');
  if (start == std::string_view::npos)
    return Error{Errc::parse,
                 input.source() + ":1: there is no {...} behind " + std::string(kVariable)};
  input.skip(start);
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.entries.*[*]"));
  MELISAI_CHECK(read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    MELISAI_TRY(GabEntry entry, entry_from(row.value, row.at[0], limits));
    const bool is_empty = entry.readings.readings.empty() && entry.readings.failed.empty();
    return is_empty ? Result<void>() : take(entry);
  }));
  return {};
}

extern const Format kGabHistory;
const Format kGabHistory{
    .info = {.name = "gab-history",
             .tool = "github-action-benchmark (history)",
             .made_by = "git show gh-pages:dev/bench/data.js > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
