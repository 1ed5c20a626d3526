#include "core/measure/formats/format.h"
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

bool looks_like(const Probe& probe) {
  return probe.root() == "TestRun" && probe.has_element("UnitTestResult");
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Handler handler(builder);
  return read_xml(input, limits, handler);
}

}  // namespace

extern const Format kDotnetTest;
const Format kDotnetTest{
    .info = {.name = "dotnet-test", .tool = "dotnet test", .made_by = "dotnet test --logger trx"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
