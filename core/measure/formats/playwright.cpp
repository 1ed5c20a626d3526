#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/js_tests.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr std::string_view kArrow = " › ";
constexpr double kMillisecond = 1e6;

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

/// The list reporter: "  ✓  1 [chromium] › shop.spec.ts:22:5 › cart › opens (2.2s)". Places in the
/// file are no part of a name: they move.
const RE2& list_line() {
  static const RE2 pattern(
      R"(\s+(✓|✘|ok|x)\s+\d+ (\[\S+\] › )?(\S+?):\d+:\d+ › (.*?)( \(retry #\d+\))? )"
      R"(\(([0-9.]+(?:ms|s|m))\))");
  return pattern;
}

class List {
 public:
  void take(std::string_view line) {
    std::string mark, project, file, title, retry, time;
    if (!RE2::FullMatch(line, list_line(), &mark, &project, &file, &title, &retry, &time)) return;
    JsTest test{project + joined(file, title, kArrow), "", {}};
    if (mark == "✘" || mark == "x") test.failed = "the test failed";
    if (const auto value = duration_from(time)) test.milliseconds = *value / kMillisecond;
    if (!retry.empty())
      for (auto earlier = tests_.rbegin(); earlier != tests_.rend(); ++earlier)
        if (earlier->name == test.name) {
          *earlier = test;
          return;
        }
    tests_.push_back(test);
  }
  Result<void> finish(ReadingsBuilder& builder) const {
    for (const JsTest& test : tests_) MELISAI_CHECK(add_test(test, builder));
    return {};
  }

 private:
  std::vector<JsTest> tests_;
};

Result<void> parse_list(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  List list;
  MELISAI_CHECK(each_line(input, limits, [&](std::string_view line) -> Result<void> {
    list.take(line);
    return {};
  }));
  return list.finish(builder);
}

bool is_list(const Probe& probe) {
  return probe.kind() == Probe::Kind::text &&
         std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
           return line.find(" › ") != std::string::npos && RE2::FullMatch(line, list_line());
         });
}

bool looks_like(const Probe& probe) {
  if (is_list(probe)) return true;
  return probe.has("suites[].specs") || (probe.has("config.rootDir") && probe.has("suites"));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (is_list(Probe(head, input.source()))) return parse_list(input, limits, builder);
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
