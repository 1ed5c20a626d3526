#include "core/measure/formats/custom.h"

#include <re2/re2.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/text.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr std::int64_t kRegexMemory = 8 << 20;
constexpr std::string_view kNameGroup = "name";
constexpr std::string_view kValueGroup = "value";

RE2::Options regex_options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  return options;
}

/// What commas are in the values of one file: "7,513" alone is taken for thousands, but beside
/// "1,5" it may be either.
class Commas {
 public:
  /// False as soon as the values seen so far do not agree.
  bool agree_with(std::string_view value) {
    const std::size_t comma = value.find(',');
    if (comma == std::string_view::npos) return true;
    const bool is_either = loose_number_from(value, true) != loose_number_from(value, false);
    const bool is_last_mark = comma == value.find_last_of(".,");
    has_thousands_ = has_thousands_ || is_either;
    has_decimals_ = has_decimals_ || (is_last_mark && !is_either);
    return !has_thousands_ || !has_decimals_;
  }

 private:
  bool has_thousands_ = false;
  bool has_decimals_ = false;
};

/// The metric of a described format: its direction is what the description says, else the unit's.
Metric metric_of(const std::string& name, const Unit& unit, std::optional<Better> better) {
  const Better direction = better.value_or(unit.better);
  std::string metric = name;
  if (metric.empty() && unit.canonical == "ns") metric = "wall_time";
  if (metric.empty() && unit.better == Better::higher) metric = "throughput";
  if (metric.empty()) metric = "value";
  return {metric, std::string(unit.canonical), direction,
          direction == Better::unknown ? Tier::explain : Tier::time};
}

Result<Unit> known_unit(const std::string& text) {
  if (text.empty()) return Unit{1, "count", Better::unknown};
  if (const auto unit = unit_from(text)) return *unit;
  return Error{Errc::parse, "the unit " + in_quotes(text) +
                                " is not known; write for example ns, us, ms, s, B, KiB, count, "
                                "ops/s, MB/s or %"};
}

std::string name_of(const JsonRow& row, const std::optional<JsonPath>& path) {
  if (!path) {
    std::string name;
    for (const std::string& part : row.at) name += (name.empty() ? "" : "/") + part;
    return name;
  }
  const json* const name = find_at(row.value, *path);
  if (name == nullptr || name->is_null() || name->is_structured()) return "";
  if (name->is_string()) return name->get<std::string>();
  if (name->is_boolean()) return name->get<bool>() ? "true" : "false";
  std::array<char, 32> digits{};  // the shortest form of a double has at most 24
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), name->get<double>()).ptr;
  return {digits.data(), end};
}

}  // namespace

std::string problem_of_json(const JsonLayout& layout) {
  for (const std::string* path : {&layout.items, &layout.name, &layout.value}) {
    if (path->empty() && path == &layout.name) continue;
    const Result<JsonPath> parsed = JsonPath::parse(*path);
    if (!parsed) return parsed.error().message;
  }
  const Result<Unit> unit = known_unit(layout.unit);
  return unit ? "" : unit.error().message;
}

std::string problem_of_regex(const RegexLayout& layout) {
  const RE2 regex(layout.pattern, regex_options());
  if (!regex.ok()) {
    // RE2 says what is wrong by text alone; where that occurs twice, the first place is named.
    const std::size_t at = layout.pattern.find(regex.error_arg());
    return "the regular expression is wrong" +
           (at == std::string::npos ? "" : " at character " + std::to_string(at + 1)) + ": " +
           printable(regex.error());
  }
  const auto& groups = regex.NamedCapturingGroups();
  for (const std::string_view group : {kNameGroup, kValueGroup})
    if (!groups.contains(std::string(group)))
      return "the regular expression lacks the group (?P<" + std::string(group) + ">...)";
  if (groups.contains("unit")) return "";
  const Result<Unit> unit = known_unit(layout.unit);
  return unit ? "" : unit.error().message;
}

Result<void> parse_json_layout(Input& input, const JsonLayout& layout, const Limits& limits,
                               ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath items, JsonPath::parse(layout.items));
  MELISAI_TRY(const JsonPath value_path, JsonPath::parse(layout.value));
  std::optional<JsonPath> name_path;
  if (!layout.name.empty()) {
    MELISAI_TRY(name_path, JsonPath::parse(layout.name));
  }
  MELISAI_TRY(const Unit unit, known_unit(layout.unit));
  const Metric metric = metric_of(layout.metric, unit, layout.better);
  const auto take = [&](const JsonRow& row) -> Result<void> {
    const std::string name = name_of(row, name_path);
    if (name.empty()) return Error{Errc::parse, "an item has no name at " + in_quotes(layout.name)};
    const json* const value = find_at(row.value, value_path);
    std::optional<double> number;
    if (value != nullptr && value->is_number()) number = value->get<double>();
    if (value != nullptr && value->is_string())
      number = number_from(value->get_ref<const std::string&>());
    if (!number)
      return Error{Errc::parse,
                   "item " + in_quotes(name) + " has no number at " + in_quotes(layout.value)};
    return builder.add(name, metric, *number * unit.factor);
  };
  MELISAI_TRY(const std::size_t rows, read_rows(input, limits, items, take));
  if (rows > 0) return {};
  return Error{Errc::parse, "nothing is at " + in_quotes(layout.items)};
}

Result<void> parse_regex_layout(Input& input, const RegexLayout& layout, const Limits& limits,
                                ReadingsBuilder& builder) {
  const RE2 regex(layout.pattern, regex_options());
  if (const std::string problem = problem_of_regex(layout); !problem.empty())
    return Error{Errc::parse, problem};
  const auto& groups = regex.NamedCapturingGroups();
  const auto unit_group = groups.find("unit");
  std::vector<re2::StringPiece> found(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) +
                                      1);
  const auto group = [&](std::string_view name) {
    const auto& piece = found[static_cast<std::size_t>(groups.at(std::string(name)))];
    return std::string_view(piece.data(), piece.size());
  };
  Commas commas;
  Lines lines(input, limits);
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return {};
    const re2::StringPiece text(line->data(), line->size());
    if (!regex.Match(text, 0, text.size(), RE2::UNANCHORED, found.data(),
                     static_cast<int>(found.size())))
      continue;
    const Result<Unit> unit =
        known_unit(unit_group == groups.end() ? layout.unit : std::string(group("unit")));
    if (!unit) return lines.wrong(unit.error().message);
    const std::optional<double> value = loose_number_from(group(kValueGroup), true);
    if (!value)
      return lines.wrong("the value is " + in_quotes(group(kValueGroup)) + ", not a number");
    if (!commas.agree_with(group(kValueGroup)))
      return lines.wrong("the comma in " + in_quotes(group(kValueGroup)) +
                         " may stand before decimals or between thousands, for the values of this "
                         "file have both; write decimals with a point, for example with LC_ALL=C");
    const Metric metric = metric_of(layout.metric, *unit, layout.better);
    if (const auto added = builder.add(group(kNameGroup), metric, *value * unit->factor); !added)
      return lines.at(added.error());
  }
}

}  // namespace melisai::formats
