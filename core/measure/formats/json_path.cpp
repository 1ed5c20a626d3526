#include "core/measure/formats/json_path.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/base/text.h"

namespace melisai::formats {
namespace {

constexpr std::size_t kStepsMax = 64;

/// Reads one step off the front of `rest`; "" or what is wrong.
std::string take_step(std::string_view& rest, JsonStep& step) {
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_of(".[", 1), rest.size());
    step = {.kind = JsonStep::Kind::name, .name = std::string(rest.substr(1, end - 1))};
    rest.remove_prefix(end);
    if (step.name == "*") step = {};
    return step.kind == JsonStep::Kind::name && step.name.empty() ? "a name is missing after '.'"
                                                                  : "";
  }
  if (!rest.starts_with('[')) return "only .name, ['name'], [number] and [*] may follow";
  if (rest.starts_with("['") || rest.starts_with("[\"")) {
    const std::size_t end = rest.find(std::string{rest[1], ']'}, 2);
    if (end == std::string_view::npos) return "the quote does not end";
    step = {.kind = JsonStep::Kind::name, .name = std::string(rest.substr(2, end - 2))};
    rest.remove_prefix(end + 2);
    return "";
  }
  const std::size_t end = rest.find(']');
  if (end == std::string_view::npos) return "']' is missing";
  const std::string_view inside = rest.substr(1, end - 1);
  step = {};
  if (inside != "*") {
    step.kind = JsonStep::Kind::index;
    const auto [stop, error] =
        std::from_chars(inside.data(), inside.data() + inside.size(), step.index);
    if (error != std::errc() || stop != inside.data() + inside.size())
      return "between [ and ] is neither a number, nor *, nor a quoted name";
  }
  rest.remove_prefix(end + 1);
  return "";
}

const nlohmann::json* find_step(const nlohmann::json& value, const JsonStep& step) {
  switch (step.kind) {
    case JsonStep::Kind::name: {
      if (!value.is_object()) return nullptr;
      const auto found = value.find(step.name);
      return found == value.end() ? nullptr : &*found;
    }
    case JsonStep::Kind::index:
      return value.is_array() && step.index < value.size() ? &value[step.index] : nullptr;
    case JsonStep::Kind::any: break;
  }
  return value.is_structured() && !value.empty() ? &*value.begin() : nullptr;
}

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  const auto wrong = [&](std::size_t at, const std::string& what) {
    return Error{Errc::parse, "the path " + in_quotes(text) + " is wrong at character " +
                                  std::to_string(at + 1) + ": " + what};
  };
  if (!text.starts_with('$')) return wrong(0, "it must begin with $");
  JsonPath path;
  for (std::string_view rest = text.substr(1); !rest.empty();) {
    const std::size_t at = text.size() - rest.size();
    JsonStep step;
    if (const std::string what = take_step(rest, step); !what.empty()) return wrong(at, what);
    if (path.steps.size() == kStepsMax) return wrong(at, "it is too deep");
    path.steps.push_back(std::move(step));
  }
  return path;
}

const nlohmann::json* find_at(const nlohmann::json& value, const JsonPath& path) {
  const nlohmann::json* at = &value;
  for (const JsonStep& step : path.steps) {
    at = find_step(*at, step);
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace melisai::formats
