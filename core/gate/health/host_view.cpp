#include "core/gate/health/host_view.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace melisai::gate {
namespace {

/// Seconds since the epoch of "2026-11-21T02:07:41.5Z".
std::optional<double> seconds_of(const std::string& time) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  double second = 0;
  if (std::sscanf(time.c_str(), "%4d-%2u-%2uT%2d:%2d:%lf", &year, &month, &day, &hour, &minute,
                  &second) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  return std::chrono::duration<double>(days).count() + hour * 3600.0 + minute * 60.0 + second;
}

bool is_of_tool(const HostResult& result, const HostHistogram& histogram, std::string_view name,
                std::string_view suffix) {
  const bool of_tool = result.collector == name || histogram.name == name ||
                       histogram.name.starts_with(std::string(name) + "_");
  return of_tool && histogram.name.ends_with(suffix);
}

}  // namespace

HostData HostView::data(std::string_view collector) const {
  const HostResult* found = result(collector);
  return found == nullptr ? HostData() : found->data;
}

std::optional<double> HostView::number(std::string_view collector, std::string_view path) const {
  const HostResult* found = result(collector);
  return found == nullptr ? std::nullopt : found->data.number(path);
}

std::optional<double> HostView::largest(std::string_view collector, std::string_view path,
                                        std::string_view sampled) const {
  const std::optional<double> end = number(collector, path);
  const std::optional<double> within =
      number(collector, "samples." + std::string(sampled) + ".max");
  return end && within ? std::max(*end, *within) : end;
}

std::optional<double> HostView::smallest(std::string_view collector, std::string_view path,
                                         std::string_view sampled) const {
  const std::optional<double> end = number(collector, path);
  const std::optional<double> within =
      number(collector, "samples." + std::string(sampled) + ".min");
  return end && within ? std::min(*end, *within) : end;
}

std::optional<Reading> HostView::worst(std::string_view collector, const Field& where) const {
  std::optional<Reading> worst;
  for (const HostData& each : data(collector).list(where.list)) {
    const std::optional<double> value = each.number(where.field);
    if (!value || (worst && *value <= worst->value)) continue;
    std::string name = each.text(where.name).value_or("");
    if (const auto index = each.number(where.name))
      name = std::string(where.name) + " " + std::to_string(static_cast<long>(*index));
    worst = {*value, std::move(name)};
  }
  return worst;
}

std::optional<Reading> HostView::p99_ms(std::string_view name, std::string_view suffix) const {
  std::optional<Reading> worst;
  for (const auto& [category, results] : categories_)
    for (const HostResult& result : results)
      for (const HostHistogram& histogram : result.histograms) {
        if (!is_of_tool(result, histogram, name, suffix)) continue;
        const std::optional<double> scale = milliseconds_in(histogram.unit);
        if (!scale || histogram.total_count == 0) continue;
        const double value = histogram.p99 * *scale;
        if (!worst || value > worst->value) worst = {value, ""};
      }
  return worst;
}

std::optional<double> HostView::window_seconds(std::string_view collector) const {
  const HostResult* found = result(collector);
  if (found == nullptr) return std::nullopt;
  const std::optional<double> start = seconds_of(found->start_time);
  const std::optional<double> end = seconds_of(found->end_time);
  if (!start || !end) return std::nullopt;
  return std::max(1.0, *end - *start);
}

const HostResult* HostView::result(std::string_view collector) const {
  for (const auto& [category, results] : categories_)
    for (const HostResult& result : results)
      if (result.collector == collector) return &result;
  return nullptr;
}

std::optional<double> percentage(const std::optional<double>& part,
                                 const std::optional<double>& whole) {
  if (!part || !whole || *whole <= 0) return std::nullopt;
  return 100 * *part / *whole;
}

std::optional<double> milliseconds_in(std::string_view unit) {
  if (unit == "ns") return 1e-6;
  if (unit == "us") return 1e-3;
  if (unit == "ms") return 1;
  if (unit == "s") return 1e3;
  return std::nullopt;
}

}  // namespace melisai::gate
