#include <optional>

#include "core/measure/formats/format.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"
#include "core/measure/formats/xml.h"

namespace melisai::formats {
namespace {

std::string attribute(const XmlAttributes& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? "" : found->second;
}

class Handler final : public XmlHandler {
 public:
  explicit Handler(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> begin(const std::string& element, const XmlAttributes& attributes) override {
    if (element == "testcase") return begin_case(attributes);
    if (!is_open_) return {};
    if (element == "skipped") is_left_out_ = true;
    if (element == "failure" || element == "error") {
      failed_ = attribute(attributes, "message");
      if (failed_.empty()) failed_ = "reported a " + element;
    }
    return {};
  }

  Result<void> end(const std::string& element, const std::string& text) override {
    // Mocha says why only in the text.
    if (is_open_ && failed_ == "reported a " + element && !text.empty())
      failed_ = text.substr(0, text.find('\n'));
    if (element != "testcase" || !is_open_) return {};
    is_open_ = false;
    if (!failed_.empty()) builder_.fail(name_, failed_);
    if (is_left_out_ || !failed_.empty() || !seconds_) return {};
    return builder_.add(name_, wall_time(), *seconds_ * 1e9);
  }

 private:
  Result<void> begin_case(const XmlAttributes& attributes) {
    const std::string name = attribute(attributes, "name");
    std::string group = attribute(attributes, "classname");
    if (group.empty()) group = attribute(attributes, "class");
    // CTest and Jest repeat the test's own name.
    if (name == group || name.starts_with(group + "::") || name.starts_with(group + "."))
      group = "";
    name_ = joined(group, name, ".");
    is_open_ = true;
    failed_.clear();
    const std::string status = attribute(attributes, "status");
    is_left_out_ = status == "notrun" || status == "disabled" || status == "skipped";
    const std::string time = attribute(attributes, "time");
    seconds_ = time.empty() ? std::nullopt : loose_number_from(time, true);
    if (seconds_ || time.empty()) return {};
    return Error{Errc::parse, "the time '" + time + "' is no number"};
  }

  ReadingsBuilder& builder_;
  std::string name_, failed_;
  std::optional<double> seconds_;
  bool is_open_ = false;
  bool is_left_out_ = false;
};

bool looks_like(const Probe& probe) {
  return probe.root() == "testsuites" || probe.root() == "testsuite";
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Handler handler(builder);
  return read_xml(input, limits, handler);
}

}  // namespace

extern const Format kJunit;
const Format kJunit{
    .info = {.name = "junit", .tool = "JUnit XML", .made_by = "ctest --output-junit FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
