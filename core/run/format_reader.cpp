#include "core/run/format_reader.h"

#include <array>

namespace melisai::run {
namespace {

std::optional<Better> read_better(ConfigMap& map) {
  constexpr std::array<std::string_view, 4> kDirections = {"unit", "lower", "higher", "unknown"};
  const std::string text = map.one_of("better", kDirections, "unit");
  if (text == "lower") return Better::lower;
  if (text == "higher") return Better::higher;
  if (text == "unknown") return Better::unknown;
  return std::nullopt;
}

JsonLayout read_json_layout(const ConfigValue& value, ConfigErrors& errors) {
  ConfigMap map(value, errors);
  JsonLayout layout;
  layout.items = map.string("items", "");
  layout.name = map.string("name", "");
  layout.value = map.string("value", "");
  layout.unit = map.string("unit", "");
  layout.metric = map.string("metric", "");
  layout.better = read_better(map);
  map.finish();
  for (const char* needed : {"items", "value"})
    if (!map.find(needed)) map.fail(needed, std::string("a JSON layout needs '") + needed + "'");
  return layout;
}

/// The keys of a regular expression lie beside it: format: { regex: ..., unit: ns }.
RegexLayout read_regex_layout(ConfigMap& map) {
  RegexLayout layout;
  layout.pattern = map.string("regex", "");
  layout.unit = map.string("unit", "");
  layout.metric = map.string("metric", "");
  layout.better = read_better(map);
  return layout;
}

}  // namespace

FormatSpec read_format(ConfigMap& benchmark, ConfigErrors& errors, const FormatProblem& problem) {
  FormatSpec spec;
  const ConfigValue* const value = benchmark.find("format");
  if (value == nullptr) return spec;
  if (value->kind == ConfigValue::Kind::mapping) {
    ConfigMap map(*value, errors);
    if (map.find("json"))
      spec.json = read_json_layout(map.section("json"), errors);
    else
      spec.regex = read_regex_layout(map);
    map.finish();
    if (spec.regex && spec.regex->pattern.empty())
      benchmark.fail("format", "a mapping here holds 'json: {...}' or 'regex: ...'");
  } else {
    spec.name = benchmark.string("format", spec.name);
  }
  if (const std::string what = problem(spec); !what.empty()) benchmark.fail("format", what);
  return spec;
}

}  // namespace melisai::run
