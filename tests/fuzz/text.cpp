// Text formats and described ones.
#include "core/measure/formats/custom.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"
#include "tests/fuzz/reading.h"

namespace melisai::fuzz {
namespace {

using formats::Input;
using formats::Limits;
using formats::ReadingsBuilder;

Parse described(const RegexLayout& layout) {
  return [layout](Input& input, const Limits& limits, ReadingsBuilder& builder) {
    return parse_regex_layout(input, layout, limits, builder);
  };
}

/// A name and a quantity in columns.
Result<void> read_columns(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  return formats::each_line(input, limits, [&](std::string_view line) -> Result<void> {
    const auto columns = formats::columns_of(line);
    if (columns.size() < 2) return {};
    const auto quantity = formats::quantity_from(columns[1]);
    if (!quantity) return {};
    const auto metric =
        formats::shown(quantity->unit.canonical, quantity->unit.canonical, quantity->unit.better);
    return builder.add(columns[0], metric, quantity->value);
  });
}

void read(std::span<const std::uint8_t> input) {
  static const std::vector<Parse> parsers = all_formats_and({
      read_columns,
      described({R"(^(?P<name>\S+)\s+(?P<value>[-+\d.,eE ]+)\s*(?P<unit>\S+)$)", "", "", {}}),
      described({R"((?P<name>\w+)=(?P<value>[^;]*))", "ms", "", Better::lower}),
  });
  check(parsers, input);
}

}  // namespace
}  // namespace melisai::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  melisai::fuzz::read({data, size});
  return 0;
}
