#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/names.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

Better direction_of(const json& object) {
  const json* const less = member(object, "less_is_better");
  if (less == nullptr || !less->is_boolean()) return Better::unknown;
  return less->get<bool>() ? Better::lower : Better::higher;
}

/// One row of a comparison of runs. The contender is what was measured; the baseline is another
/// run.
Result<void> add_comparison(const json& row, ReadingsBuilder& builder) {
  const json* const contender = member(row, "contender");
  if (contender == nullptr || !contender->is_object()) return {};
  const std::string name =
      joined(text_at(*contender, "benchmark_name"), text_at(*contender, "case_permutation"), "/");
  if (name.empty()) return Error{Errc::parse, "a contender has no benchmark_name"};
  const auto value = number_at(*contender, "single_value_summary");
  const json* const error = member(*contender, "error");
  if (!value || (error != nullptr && !error->is_null())) {
    builder.fail(name, error != nullptr && !error->is_null() ? "it reported " + error->dump()
                                                             : "it has no value");
    return {};
  }
  const Measured measured = measured_in(text_at(row, "unit"), direction_of(row));
  return builder.add_summary(name, measured.metric, *value * measured.factor);
}

/// "file-read/compression=snappy/cpu_count=2" of {"name": "file-read", ...}.
std::string name_of(const json& tags) {
  std::string name = text_at(tags, "name");
  if (!tags.is_object()) return name;
  for (const auto& [key, value] : tags.items())
    if (key != "name" && !value.is_null())
      name += "/" + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  return name;
}

/// A benchmark result as it is posted: {"tags": {...}, "stats": {"data": [...], "unit": "s"}}.
Result<void> add_result(const json& result, ReadingsBuilder& builder) {
  const json* const tags = member(result, "tags");
  const json* const stats = member(result, "stats");
  const std::string name = tags == nullptr ? "" : name_of(*tags);
  if (name.empty()) return Error{Errc::parse, "a result has no tags with a name"};
  const auto data = stats == nullptr ? std::vector<double>() : numbers_in(member(*stats, "data"));
  if (data.empty()) {
    builder.fail(name, "it has no data");
    return {};
  }
  const Measured measured = measured_in(text_at(*stats, "unit"), direction_of(*stats));
  for (const double value : data)
    MELISAI_CHECK(builder.add(name, measured.metric, value * measured.factor));
  return {};
}

Result<void> add_document(const json& document, ReadingsBuilder& builder) {
  const json* list = &document;
  // The answer of a server, possibly recorded with its status.
  while (list->is_object() && list->contains("data") && !list->contains("stats"))
    list = member(*list, "data");
  if (list->is_object()) return add_result(*list, builder);
  if (!list->is_array()) return Error{Errc::parse, "there is no list of results"};
  for (const json& row : *list)
    MELISAI_CHECK(row.contains("contender") ? add_comparison(row, builder)
                                            : add_result(row, builder));
  return {};
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_CHECK(read_rows(input, limits, {},
                          [&](const JsonRow& row) { return add_document(row.value, builder); }));
  return {};
}

bool looks_like(const Probe& probe) {
  for (const std::string list : {"", "[]", "data[]", "data.data[]"}) {
    const std::string below = list.empty() ? "" : list + ".";
    if (probe.has(below + "contender") && probe.has(below + "less_is_better")) return true;
    if (probe.has(below + "stats.data") && probe.has(below + "tags")) return true;
  }
  return false;
}

}  // namespace

extern const Format kConbench;
const Format kConbench{
    .info = {.name = "conbench-api",
             .tool = "Conbench",
             .made_by = "curl SERVER/api/compare/runs/BASELINE...CONTENDER/ > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
