#include "core/report/row_text.h"

#include <cmath>
#include <string_view>

#include "core/base/units.h"
#include "core/report/text.h"

namespace melisai::report {

std::string effect_text(const std::optional<double>& effect) {
  return effect && std::isfinite(*effect) ? format_effect(*effect) : "";
}

std::string change_text(const BenchmarkResult& row) {
  if (row.from_zero) return "from zero";
  const std::string text = effect_text(row.effect);
  return text.empty() ? "-" : text;
}

std::string interval_text(const BenchmarkResult& row) {
  const std::string low = effect_text(row.effect_low);
  const std::string high = effect_text(row.effect_high);
  if (low.empty() && high.empty()) return "-";
  if (low.empty()) return "up to " + high;
  if (high.empty()) return "from " + low;
  constexpr std::string_view kUnit = " %";
  const bool same_unit = low.ends_with(kUnit) && high.ends_with(kUnit);
  return low.substr(0, low.size() - (same_unit ? kUnit.size() : 0)) + " to " + high;
}

std::string side_text(const std::optional<Side>& side, const Metric& metric) {
  if (!side || !std::isfinite(side->median)) return "-";
  return one_line(format_quantity(side->median, clip(one_line(metric.unit), 20)));
}

}  // namespace melisai::report
