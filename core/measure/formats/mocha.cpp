#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/js_tests.h"
#include "core/measure/formats/json_rows.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

bool looks_like(const Probe& probe) {
  return probe.has("stats.suites") && probe.has("stats.passes") && probe.has("tests");
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.tests[*]"));
  const auto tests = read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    JsTest test{text_at(row.value, "fullTitle"), "", number_at(row.value, "duration")};
    if (const json* const error = member(row.value, "err");
        error != nullptr && error->is_object() && !error->empty()) {
      test.failed = text_at(*error, "message");
      if (test.failed.empty()) test.failed = "reported an error";
    }
    return add_test(test, builder);
  });
  return tests ? Result<void>() : Result<void>(tests.error());
}

}  // namespace

extern const Format kMocha;
const Format kMocha{
    .info = {.name = "mocha", .tool = "Mocha", .made_by = "mocha --reporter json > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
