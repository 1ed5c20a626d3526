#include <re2/re2.h>

#include <algorithm>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"
#include "core/measure/formats/xml.h"

namespace melisai::formats {
namespace {

/// "1/4 Test #1: sort ...........   Passed    2.15 sec"; repeated runs have no "1/4".
const RE2& test_line() {
  static const RE2 pattern(
      R"(\s*(?:\d+/\d+ )?\s*Test\s+#\d+: (.*?) \.*\s*)"
      R"(((?:(?:Subprocess|Child) [a-z]+)?\*\*\*.+?|Passed|Bad_Command|Not Run|Skipped|)"
      R"(Exception[:A-Za-z -]*))"
      R"((?:\s+([0-9.]+) sec.*|\s*))");
  return pattern;
}

bool is_left_out(std::string_view how) {
  return how == "Skipped" || how.starts_with("***Skipped") || how == "***Not Run (Disabled)";
}

/// `in_failed`: below "The following tests FAILED:", where also those stand whose own line was cut
/// by what they wrote: "  4 - prints (Failed)   label".
Result<void> take_line(std::string_view line, bool& in_failed, ReadingsBuilder& builder) {
  static const RE2 failed(R"(\s*\d+ - (.+) \(([A-Za-z_ ]+)\)(?:\s.*)?)");
  std::string name, how, seconds;
  if (line == "The following tests FAILED:") in_failed = true;
  if (in_failed && RE2::FullMatch(line, failed, &name, &how)) {
    builder.fail(name, "ctest says " + how);
    return {};
  }
  if (line.find("Test") == std::string_view::npos ||
      !RE2::FullMatch(line, test_line(), &name, &how, &seconds) || is_left_out(how))
    return {};
  if (how != "Passed" || seconds.empty()) {
    builder.fail(name, "ctest says " + how.substr(how.find_first_not_of('*')));
    return {};
  }
  return builder.add(name, wall_time(), number_from(seconds).value_or(-1) * 1e9);
}

/// Testing/DATE/Test.xml, which `ctest -T Test` leaves.
class Handler final : public XmlHandler {
 public:
  explicit Handler(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> begin(const std::string& element, const XmlAttributes& attributes) override {
    if (element == "Test") {
      name_.clear();
      seconds_.clear();
      const auto status = attributes.find("Status");
      status_ = status == attributes.end() ? "" : status->second;
      is_test_ = !status_.empty();
    }
    if (element == "NamedMeasurement") {
      const auto name = attributes.find("name");
      measured_ = name == attributes.end() ? "" : name->second;
    }
    return {};
  }
  Result<void> end(const std::string& element, const std::string& text) override {
    if (!is_test_) return {};
    if (element == "Name" && name_.empty()) name_ = text;
    if (element == "Value" && measured_ == "Execution Time") seconds_ = text;
    if (element == "NamedMeasurement") measured_.clear();
    if (element != "Test") return {};
    is_test_ = false;
    if (status_ == "notrun") return {};
    if (status_ != "passed") {
      builder_.fail(name_, "ctest says " + status_);
      return {};
    }
    return builder_.add(name_, wall_time(), number_from(seconds_).value_or(-1) * 1e9);
  }

 private:
  ReadingsBuilder& builder_;
  std::string name_, status_, measured_, seconds_;
  bool is_test_ = false;
};

bool is_xml(const Probe& probe) { return probe.root() == "Site" && probe.has_element("Testing"); }

bool looks_like(const Probe& probe) {
  return is_xml(probe) ||
         std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
           return line.find("Test") != std::string::npos && RE2::FullMatch(line, test_line());
         });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (is_xml(Probe(head, input.source()))) {
    Handler handler(builder);
    return read_xml(input, limits, handler);
  }
  bool in_failed = false;
  return each_line(input, limits,
                   [&](std::string_view line) { return take_line(line, in_failed, builder); });
}

}  // namespace

extern const Format kCtest;
const Format kCtest{
    .info = {.name = "ctest", .tool = "CTest", .made_by = "ctest --output-log FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
