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

/// `jest --json`, and `vitest --reporter=json`.
Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.testResults[*].assertionResults[*]"));
  const auto tests = read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    const std::string status = text_at(row.value, "status");
    JsTest test{text_at(row.value, "fullName"), "", number_at(row.value, "duration")};
    if (status == "failed") test.failed = "the test failed";
    if (status != "failed" && status != "passed") return {};
    return add_test(test, builder);
  });
  return tests ? Result<void>() : Result<void>(tests.error());
}

/// The verbose reporter: tests below the headings of their groups, by indentation.
class Text {
 public:
  explicit Text(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 suite(R"((?:PASS|FAIL)\s+(?:\S+ )?(\S+)(?: \([0-9.]+ m?s\))?)");
    static const RE2 test(R"((\s+)(✓|✕|√|×) (.*?)(?: \(([0-9.]+) (ms|s)\))?)");
    std::string indent, mark, name, number, unit;
    if (RE2::FullMatch(line, suite)) {
      groups_.clear();
      is_open_ = true;
      return {};
    }
    if (!is_open_) return {};
    if (!RE2::FullMatch(line, test, &indent, &mark, &name, &number, &unit)) {
      if (trimmed(line).empty() || !line.starts_with("  ")) return {};
      open_group(line);
      return {};
    }
    close_groups(indent.size());
    std::string full;
    for (const Group& group : groups_) full = joined(full, group.name, " ");
    JsTest measured{joined(full, name, " "), "", {}};
    if (mark == "✕" || mark == "×") measured.failed = "the test failed";
    if (const auto value = number_from(number))
      measured.milliseconds = *value * (unit == "s" ? 1e3 : 1);
    return add_test(measured, builder_);
  }

 private:
  struct Group {
    std::size_t indent;
    std::string name;
  };

  void open_group(std::string_view line) {
    const std::size_t indent = line.find_first_not_of(' ');
    close_groups(indent);
    // Stack traces and code frames are no groups.
    if (line[indent] != '|' && line[indent] != '>' && !trimmed(line).starts_with("at "))
      groups_.push_back({indent, std::string(trimmed(line))});
  }
  void close_groups(std::size_t indent) {
    while (!groups_.empty() && groups_.back().indent >= indent) groups_.pop_back();
  }

  ReadingsBuilder& builder_;
  std::vector<Group> groups_;
  bool is_open_ = false;
};

bool looks_like(const Probe& probe) {
  static const RE2 test(R"(\s+(?:✓|√) .* \([0-9.]+ (?:ms|s)\))");
  if (probe.kind() == Probe::Kind::json) return probe.has("testResults[].assertionResults");
  return (probe.has_line_starting("PASS ") || probe.has_line_starting("FAIL ")) &&
         std::any_of(probe.lines().begin(), probe.lines().end(),
                     [](const std::string& line) { return RE2::FullMatch(line, test); });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (Probe(head, input.source()).kind() == Probe::Kind::json)
    return parse_json(input, limits, builder);
  Text text(builder);
  return each_line(input, limits, [&](std::string_view line) { return text.take(line); });
}

}  // namespace

extern const Format kJest;
const Format kJest{
    .info = {.name = "jest", .tool = "Jest", .made_by = "jest --json --outputFile=FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
