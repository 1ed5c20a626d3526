#include "core/history_shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>
#include <vector>

#include "core/base/units.h"
#include "core/report/report.h"
#include "core/stats/change_points.h"
#include "core/stats/median.h"

namespace melisai {
namespace {

constexpr std::size_t kPointsOfALevel = 5;  ///< two outliers among them do not count
constexpr std::size_t kPartsOfADrift = 5;
constexpr double kVisibleShare = 0.05;
// Medians of five points of white noise stay within four of these, also among thousands.
constexpr double kVisibleNoises = 5;

using Values = std::span<const double>;

double level_of(Values values) {
  std::vector<double> copy(values.begin(), values.end());
  return stats::median_of(copy);
}

/// Of every kPointsOfALevel points in a row.
std::vector<double> levels_of(Values values) {
  std::vector<double> levels;
  for (std::size_t i = 0; i + kPointsOfALevel <= values.size(); ++i)
    levels.push_back(level_of(values.subspan(i, kPointsOfALevel)));
  return levels;
}

/// The median distance of neighbours, on white noise 0.95 standard deviations.
double noise_of(Values values) {
  std::vector<double> distances;
  for (std::size_t i = 1; i < values.size(); ++i)
    distances.push_back(std::abs(values[i] - values[i - 1]));
  return stats::median_of(distances);
}

/// Whether each part lies beyond the one before, by at least half of an even share of the whole
/// way.
bool is_drift(Values values) {
  std::array<double, kPartsOfADrift> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t begin = i * values.size() / parts.size();
    parts.at(i) = level_of(values.subspan(begin, (i + 1) * values.size() / parts.size() - begin));
  }
  const double way = parts.back() - parts.front();
  if (way == 0) return false;
  const double step_min = std::abs(way) / (parts.size() - 1) / 2;
  for (std::size_t i = 1; i < parts.size(); ++i)
    if ((parts.at(i) - parts.at(i - 1)) * (way < 0 ? -1 : 1) < step_min) return false;
  return true;
}

/// How many points at the end are nearer to `last` than to `usual`.
std::size_t points_near(double last, double usual, Values values) {
  std::size_t count = 0;
  while (count < values.size()) {
    const double value = values[values.size() - 1 - count];
    if (std::abs(value - last) >= std::abs(value - usual)) break;
    ++count;
  }
  return count;
}

}  // namespace

std::string quantity(double value, const std::string& unit) {
  if (!unit.empty()) return format_quantity(value, unit);
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string visible_shape(const HistorySeries& series) {
  const Values values = series.values;
  if (values.size() < stats::kPointsMin) return "";
  const auto text = [&](double value) { return quantity(value, series.unit); };
  const double usual = level_of(values);
  const double visible =
      std::max(kVisibleShare * std::abs(usual), kVisibleNoises * noise_of(values));
  const std::vector<double> levels = levels_of(values);
  const auto [lowest, highest] = std::minmax_element(levels.begin(), levels.end());
  if (*highest - *lowest <= visible) return "";
  if (is_drift(values))
    return "it drifts from about " + text(levels.front()) + " to " + text(levels.back());
  if (std::abs(levels.back() - usual) > visible) {
    const std::size_t last = points_near(levels.back(), usual, values);
    if (last >= kPointsOfALevel / 2 + 1)
      return "the last " + report::count_of(last, "point") + " lie at " +
             text(level_of(values.last(last))) + ", those before at " +
             text(level_of(values.first(values.size() - last))) +
             ": whether that lasts cannot be told yet";
  }
  return "medians of " + report::count_of(kPointsOfALevel, "point") + " in a row lie between " +
         text(*lowest) + " and " + text(*highest);
}

}  // namespace melisai
