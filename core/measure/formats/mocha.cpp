#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/js_tests.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

/// The default reporter tells the time of slow tests only: "    ✔ waits (43ms)" below the titles of
/// its suites.
class Text {
 public:
  explicit Text(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 test(R"((\s+)(?:✔|✓|√) (.*?)(?: \((\d+)ms\))?)");
    static const RE2 end(R"(\s+\d+ passing(?: \(.*\))?)");
    std::string indent, name, time;
    if (RE2::FullMatch(line, end)) has_ended_ = true;
    if (has_ended_ || trimmed(line).empty()) return {};
    if (!RE2::FullMatch(line, test, &indent, &name, &time)) {
      const std::size_t depth = line.find_first_not_of(' ');
      close(depth);
      if (depth > 0) suites_.push_back({depth, std::string(trimmed(line))});
      return {};
    }
    close(indent.size());
    std::string full;
    for (const Suite& suite : suites_) full = joined(full, suite.title, " ");
    return add_test({joined(full, name, " "), "", number_from(time)}, builder_);
  }

 private:
  struct Suite {
    std::size_t indent;
    std::string title;
  };

  void close(std::size_t indent) {
    while (!suites_.empty() && suites_.back().indent >= indent) suites_.pop_back();
  }

  ReadingsBuilder& builder_;
  std::vector<Suite> suites_;
  bool has_ended_ = false;
};

bool is_text(const Probe& probe) {
  static const RE2 test(R"(\s+(?:✔|✓|√) .* \(\d+ms\))");
  static const RE2 end(R"(\s+\d+ passing(?: \(.*\))?)");
  const auto has = [&](const RE2& pattern) {
    return std::any_of(probe.lines().begin(), probe.lines().end(),
                       [&](const std::string& line) { return RE2::FullMatch(line, pattern); });
  };
  return probe.kind() == Probe::Kind::text && has(test) && has(end);
}

bool looks_like(const Probe& probe) {
  if (is_text(probe)) return true;
  return probe.has("stats.suites") && probe.has("stats.passes") && probe.has("tests");
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (is_text(Probe(head, input.source()))) {
    Text text(builder);
    return each_line(input, limits, [&](std::string_view line) { return text.take(line); });
  }
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
