#include "core/measure/formats/load.h"

#include <algorithm>
#include <string>

#include "core/measure/formats/lines.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {

Metric latency() { return {"latency", "ns", Better::lower, Tier::time}; }

Metric latency_percentile(std::string_view percent) {
  while (percent.find('.') != std::string_view::npos &&
         (percent.ends_with('0') || percent.ends_with('.')))
    percent.remove_suffix(1);
  return shown("latency_p" + snake_case(percent), "ns", Better::lower);
}

Metric errors() { return shown("errors", "count", Better::lower); }

std::uint64_t count_from(double printed) {
  constexpr double kMost = 1e15;
  if (!(printed >= 1)) return 1;
  return static_cast<std::uint64_t>(std::min(printed, kMost));
}

std::optional<double> duration_from(std::string_view text) {
  text = trimmed(text);
  if (text == "0") return 0;
  double sum = 0;
  bool has_part = false;
  while (!text.empty()) {
    const std::size_t unit_at = text.find_first_not_of("0123456789.");
    if (unit_at == 0 || unit_at == std::string_view::npos) return std::nullopt;
    const std::size_t end = text.find_first_of("0123456789.", unit_at);
    const auto part = quantity_from(text.substr(0, end));
    if (!part || part->unit.canonical != "ns") return std::nullopt;
    sum += part->value;
    has_part = true;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  }
  return has_part ? std::optional(sum) : std::nullopt;
}

std::optional<double> clock_from(std::string_view text) {
  double seconds = 0;
  for (text = trimmed(text);;) {
    const std::size_t colon = text.find(':');
    const auto part = loose_number_from(text.substr(0, colon), false);
    if (!part || *part < 0) return std::nullopt;
    seconds = seconds * 60 + *part;
    if (colon == std::string_view::npos) return seconds * 1e9;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace melisai::formats
