// Formats of XML.
#include "core/measure/formats/xml.h"

#include "core/measure/formats/units.h"
#include "tests/fuzz/reading.h"

namespace melisai::fuzz {
namespace {

using formats::Input;
using formats::Limits;
using formats::ReadingsBuilder;

/// Attributes and texts that are numbers are readings of their element.
class Events final : public formats::XmlHandler {
 public:
  explicit Events(ReadingsBuilder& builder) : builder_(builder) {}
  Result<void> begin(const std::string& element,
                     const formats::XmlAttributes& attributes) override {
    for (const auto& [name, value] : attributes) MELISAI_CHECK(add(element, name, value));
    return {};
  }
  Result<void> end(const std::string& element, const std::string& text) override {
    return add(element, "text", text);
  }

 private:
  Result<void> add(const std::string& element, const std::string& name, const std::string& text) {
    const auto value = formats::number_from(text);
    if (!value) return {};
    return builder_.add(element, formats::shown(name, "count", Better::unknown), *value);
  }

  ReadingsBuilder& builder_;
};

Result<void> read_events(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Events events(builder);
  return read_xml(input, limits, events);
}

void read(std::span<const std::uint8_t> input) {
  static const std::vector<Parse> parsers = all_formats_and({read_events});
  check(parsers, input);
}

}  // namespace
}  // namespace melisai::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  melisai::fuzz::read({data, size});
  return 0;
}
