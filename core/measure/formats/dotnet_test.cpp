#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/xml.h"

namespace melisai::formats {
namespace {

/// <UnitTestResult testName="A.B" duration="00:00:02.1532708" outcome="Passed"/>; results within a
/// result are rows of a data-driven test.
class Handler final : public XmlHandler {
 public:
  explicit Handler(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> begin(const std::string& element, const XmlAttributes& attributes) override {
    if (element != "UnitTestResult") return {};
    const auto text = [&](std::string_view name) {
      const auto found = attributes.find(name);
      return found == attributes.end() ? std::string() : found->second;
    };
    const std::string name = text("testName");
    const std::string outcome = text("outcome");
    if (outcome == "Failed" || outcome == "Error" || outcome == "Timeout" || outcome == "Aborted")
      builder_.fail(name, "the test ended with " + outcome);
    if (outcome != "Passed" || text("duration").empty()) return {};
    const std::optional<double> time = clock_from(text("duration"));
    if (!time) return Error{Errc::parse, "'" + text("duration") + "' is no duration"};
    return builder_.add(name, wall_time(), *time);
  }
  Result<void> end(const std::string&, const std::string&) override { return {}; }

 private:
  ReadingsBuilder& builder_;
};

bool is_trx(const Probe& probe) {
  return probe.root() == "TestRun" && probe.has_element("UnitTestResult");
}

/// "  Passed A.B [1 m 2 s]"; "[< 1 ms]" counts as the bound.
const RE2& console_line() {
  static const RE2 pattern(R"(\s+(Passed|Failed) (\S.*?) \[(?:< )?((?:\d+ (?:h|m|s|ms) ?)+)\])");
  return pattern;
}

Result<void> take_line(std::string_view line, ReadingsBuilder& builder) {
  std::string how, name, text;
  if (!RE2::FullMatch(line, console_line(), &how, &name, &text)) return {};
  if (how == "Failed") builder.fail(name, "the test ended with Failed");
  std::erase(text, ' ');
  const std::optional<double> time = duration_from(text);
  if (!time) return Error{Errc::parse, "'" + text + "' is no duration"};
  return builder.add(name, wall_time(), *time);
}

bool looks_like(const Probe& probe) {
  return is_trx(probe) ||
         std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
           return line.ends_with(']') && RE2::FullMatch(line, console_line());
         });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (is_trx(Probe(head, input.source()))) {
    Handler handler(builder);
    return read_xml(input, limits, handler);
  }
  return each_line(input, limits, [&](std::string_view line) { return take_line(line, builder); });
}

}  // namespace

extern const Format kDotnetTest;
const Format kDotnetTest{
    .info = {.name = "dotnet-test", .tool = "dotnet test", .made_by = "dotnet test --logger trx"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
