#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/names.h"

namespace melisai::formats {
namespace {

/// Counts of Valgrind's tools, as bencher's measures are called.
constexpr std::array<std::string_view, 7> kCounts{
    "instructions",     "l1_hits",          "l2_hits",     "ram_hits",
    "total_read_write", "estimated_cycles", "total_blocks"};

/// The format has no units: bencher defines them with its measures.
Measured measured_of(std::string_view measure) {
  const std::string name = snake_case(measure);
  constexpr double kSecond = 1e9;
  if (name == "latency") return {{name, "ns", Better::lower, Tier::time}, 1};
  if (name == "build_time") return {{name, "ns", Better::lower, Tier::time}, kSecond};
  if (name == "throughput") return {throughput(), 1};
  if (name == "file_size" || name.ends_with("_bytes")) return {near_exact(name, "B"), 1};
  for (const std::string_view count : kCounts)
    if (name == count) return {exact_count(name), 1};
  if (name.ends_with("_blocks")) return {near_exact(name, "count"), 1};
  return {shown(name.empty() ? "value" : name, "count", Better::unknown), 1};
}

/// {"benchmark": {"measure": {"value": ...}}}
Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.*.*"));
  MELISAI_CHECK(read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    const auto value = loose_number_at(row.value, "value");
    if (!value)
      return Error{Errc::parse, "measure " + in_quotes(row.at[1]) + " of benchmark " +
                                    in_quotes(row.at[0]) + " has no number as its value"};
    const Measured measured = measured_of(row.at[1]);
    return builder.add_summary(row.at[0], measured.metric, *value * measured.factor);
  }));
  return {};
}

bool looks_like(const Probe& probe) {
  // k6 exports its summary in this shape, below "metrics".
  return probe.has("*.*.value") && !probe.has("metrics");
}

}  // namespace

extern const Format kBencherBmf;
const Format kBencherBmf{
    .info = {.name = "bencher-bmf-json",
             .tool = "Bencher Metric Format",
             .made_by = "bencher run --dry-run --format json COMMAND > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
