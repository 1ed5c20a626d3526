#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/measured.h"

namespace melisai::formats {
namespace {

/// [{"name", "unit", "value", "range", "extra"}, ...]: whether bigger or smaller is better is not
/// in the file, but in the workflow that reads it.
Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$[*]"));
  MELISAI_CHECK(read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    const std::string name = text_at(row.value, "name");
    if (name.empty()) return Error{Errc::parse, "a benchmark has no name"};
    const auto value = loose_number_at(row.value, "value");
    if (!value)
      return Error{Errc::parse, "the value of benchmark " + in_quotes(name) + " is not a number"};
    const Measured measured = measured_in(text_at(row.value, "unit"));
    return builder.add(name, measured.metric, *value * measured.factor);
  }));
  return {};
}

bool looks_like(const Probe& probe) {
  return probe.has("[].name") && probe.has("[].unit") && probe.has("[].value");
}

}  // namespace

extern const Format kGabCustom;
const Format kGabCustom{
    .info = {.name = "gab-custom-json",
             .tool = "github-action-benchmark (custom results)",
             .made_by = "your script: [{\"name\": ..., \"unit\": ..., \"value\": ...}]"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
