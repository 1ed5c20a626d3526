#include "plugins/procfs/fields.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kSamplesMax = 10'000;

double nearest_rank(const std::vector<double>& sorted, int percentile) {
  const std::size_t rank = (sorted.size() * static_cast<std::size_t>(percentile) + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

Json summary_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {{"n", values.size()},
          {"min", values.front()},
          {"max", values.back()},
          {"mean", sum / static_cast<double>(values.size())},
          {"p50", nearest_rank(values, 50)},
          {"p90", nearest_rank(values, 90)},
          {"p99", nearest_rank(values, 99)}};
}

}  // namespace

double seconds(Time time) { return std::chrono::duration<double>(time).count(); }

std::optional<double> per_second(std::optional<std::int64_t> count, Time window) {
  if (!count || window <= Time::zero()) return std::nullopt;
  return static_cast<double>(*count) / seconds(window);
}

std::optional<double> percent(double part, double whole) {
  if (whole <= 0) return std::nullopt;
  return 100 * part / whole;
}

void put_text(Json& data, std::string_view name, std::string_view text) {
  while (!text.empty() && std::string_view(" \t\n\r").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  if (!text.empty()) data[std::string(name)] = text;
}

void put_count(Json& data, std::string_view name, const std::string& path) {
  put(data, name, read_count(path));
}

void Samples::add(std::string_view name, std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return;
  const auto known = std::find_if(series_.begin(), series_.end(),
                                  [&](const auto& series) { return series.first == name; });
  if (known == series_.end())
    series_.emplace_back(name, std::vector<double>{*value});
  else if (known->second.size() < kSamplesMax)
    known->second.push_back(*value);
}

void Samples::put(Json& data) const {
  for (const auto& [name, values] : series_)
    data["samples"][std::string(name)] = summary_of(values);
}

void Pressure::put(Json& data, Time window, bool with_full) const {
  const std::string after = file_.read().value_or("");
  procfs::put(data, "psi_some_10", pressure_average(after, "some", "avg10="));
  procfs::put(data, "psi_some_60", pressure_average(after, "some", "avg60="));
  if (with_full) {
    procfs::put(data, "psi_full_10", pressure_average(after, "full", "avg10="));
    procfs::put(data, "psi_full_60", pressure_average(after, "full", "avg60="));
  }
  const auto was = parse_pressure(before_, "some");
  const auto is = parse_pressure(after, "some");
  if (!was || !is || window <= Time::zero()) return;
  // The clock was read a little before the counter.
  const double stalled_s = static_cast<double>(growth(*was, *is)) / 1e6;
  data["psi_some_window_pct"] = std::min(100.0, 100 * stalled_s / seconds(window));
}

}  // namespace melisai::plugins::procfs
