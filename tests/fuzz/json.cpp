// JSON formats, described ones, and the reader against the library's.
#include <nlohmann/json.hpp>

#include "core/measure/formats/custom.h"
#include "core/measure/formats/json_reader.h"
#include "tests/fuzz/reading.h"

namespace melisai::fuzz {
namespace {

using formats::Input;
using formats::Limits;
using formats::ReadingsBuilder;

Parse described(const JsonLayout& layout) {
  return [layout](Input& input, const Limits& limits, ReadingsBuilder& builder) {
    return parse_json_layout(input, layout, limits, builder);
  };
}

class Nothing : public formats::JsonHandler {
 public:
  Result<void> begin_object() override { return {}; }
  Result<void> begin_array() override { return {}; }
  Result<void> end() override { return {}; }
  Result<void> key(std::string&) override { return {}; }
  Result<void> string(std::string&) override { return {}; }
  Result<void> number(double) override { return {}; }
  Result<void> boolean(bool) override { return {}; }
  Result<void> null() override { return {}; }
};

/// Every number is a reading of the key before it, every text fails a benchmark.
class Events final : public Nothing {
 public:
  explicit Events(ReadingsBuilder& builder) : builder_(builder) {}
  Result<void> key(std::string& name) override {
    key_ = name;
    return {};
  }
  Result<void> string(std::string& text) override {
    builder_.fail("text", text);
    return {};
  }
  Result<void> number(double value) override {
    return builder_.add("a", formats::shown(key_, "count", Better::unknown), value);
  }

 private:
  ReadingsBuilder& builder_;
  std::string key_ = "none";
};

Result<void> read_events(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Events events(builder);
  return read_json(input, limits, events);
}

/// What the library takes for JSON is JSON. It stops at the first NUL.
void compare_with_library(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos || !nlohmann::json::accept(bytes)) return;
  Input input(bytes, "source");
  Nothing nothing;
  const Result<void> result = read_json(input, limits(), nothing);
  MELISAI_ASSERT(result || result.error().code == Errc::limit);
}

void read(std::span<const std::uint8_t> input) {
  static const std::vector<Parse> parsers = all_formats_and({
      read_events,
      described({"$[*]", "$.name", "$.value", "ns", "", {}}),
      described({"$.*", "", "$", "ops/s", "", {}}),
      described({"$.*[0].*", "", "$['value']", "", "score", Better::higher}),
  });
  check(parsers, input);
  if (!input.empty())
    compare_with_library({reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1});
}

}  // namespace
}  // namespace melisai::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  melisai::fuzz::read({data, size});
  return 0;
}
