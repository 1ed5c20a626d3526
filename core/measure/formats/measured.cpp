#include "core/measure/formats/measured.h"

#include <algorithm>

namespace melisai::formats {
namespace {

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return lower;
}

/// Also "Percent" and "Megabytes": words, unlike symbols, mean the same in any case.
std::optional<Unit> any_case_unit(std::string_view text) {
  constexpr std::size_t kShortestWord = 5;
  if (const auto unit = unit_from(text)) return unit;
  if (text.size() < kShortestWord) return std::nullopt;
  return unit_from(in_lower_case(text));
}

}  // namespace

bool begins_as_json(std::string_view head) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = head.find_first_not_of(kBlanks);
  if (first == std::string_view::npos || head[first] == '{') return first != std::string_view::npos;
  const std::size_t second = head.find_first_not_of(kBlanks, first + 1);
  return head[first] == '[' && second != std::string_view::npos &&
         (head[second] == '{' || head[second] == ']');
}

Metric judged(std::string_view name, const Unit& unit, Better better) {
  const Better direction = better == Better::unknown ? unit.better : better;
  return {std::string(name), std::string(unit.canonical), direction,
          direction == Better::unknown ? Tier::explain : Tier::time};
}

Measured measured_in(std::string_view text, Better better) {
  const Unit unit = any_case_unit(text).value_or(Unit{1, "count", Better::unknown});
  const bool is_as_usual = better == Better::unknown || better == unit.better;
  if (!is_as_usual) return {judged("value", unit, better), unit.factor};
  if (unit.canonical == "ns") return {wall_time(), unit.factor};
  if (unit.canonical == "B") return {near_exact("size", "B"), unit.factor};
  if (unit.better == Better::higher) return {throughput(unit.canonical), unit.factor};
  return {judged("value", unit, better), unit.factor};
}

std::uint64_t count_of(std::optional<double> count) {
  constexpr double kMost = 1e15;
  return count && *count >= 1 && *count < kMost ? static_cast<std::uint64_t>(*count) : 1;
}

std::string Variants::name_of(std::string_view name, std::string_view way) {
  const auto [first, is_new] = first_.try_emplace(std::string(name), way);
  if (is_new || first->second == way) return std::string(name);
  return std::string(name) + " [" + std::string(way) + "]";
}

std::string Repeated::name_of(std::string_view name) {
  const std::size_t count = ++seen_.try_emplace(std::string(name), 0).first->second;
  return count == 1 ? std::string(name) : std::string(name) + "#" + std::to_string(count);
}

}  // namespace melisai::formats
