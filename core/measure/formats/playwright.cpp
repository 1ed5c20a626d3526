#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/js_tests.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/names.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr std::string_view kArrow = " › ";

/// One test of one project; of several attempts the last decides.
Result<void> add_attempts(const std::string& title, const json& test, ReadingsBuilder& builder) {
  const std::string project = text_at(test, "projectName");
  const json* const attempts = member(test, "results");
  if (attempts == nullptr || !attempts->is_array() || attempts->empty()) return {};
  const json& last = attempts->back();
  const std::string status = text_at(last, "status");
  if (status == "skipped") return {};
  JsTest measured{joined(project.empty() ? "" : "[" + project + "]", title, kArrow), "",
                  number_at(last, "duration")};
  if (status != "passed") measured.failed = "the test " + status;
  return add_test(measured, builder);
}

/// Suites hold suites; the reader's limit on depth bounds the recursion.
Result<void> add_suite(const std::string& path, const json& suite, ReadingsBuilder& builder) {
  const std::string here = joined(path, text_at(suite, "title"), kArrow);
  if (const json* const specs = member(suite, "specs"); specs != nullptr)
    for (const json& spec : *specs)
      if (const json* const tests = member(spec, "tests"); tests != nullptr)
        for (const json& test : *tests)
          MELISAI_CHECK(add_attempts(joined(here, text_at(spec, "title"), kArrow), test, builder));
  if (const json* const suites = member(suite, "suites"); suites != nullptr)
    for (const json& inner : *suites) MELISAI_CHECK(add_suite(here, inner, builder));
  return {};
}

bool looks_like(const Probe& probe) {
  return probe.has("suites[].specs") || (probe.has("config.rootDir") && probe.has("suites"));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.suites[*]"));
  const auto suites = read_rows(
      input, limits, path, [&](const JsonRow& row) { return add_suite("", row.value, builder); });
  return suites ? Result<void>() : Result<void>(suites.error());
}

}  // namespace

extern const Format kPlaywright;
const Format kPlaywright{
    .info = {.name = "playwright",
             .tool = "Playwright Test",
             .made_by = "PLAYWRIGHT_JSON_OUTPUT_NAME=FILE playwright test --reporter=json"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
