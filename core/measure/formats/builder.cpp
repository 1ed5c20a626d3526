#include "core/measure/formats/builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/text.h"

namespace melisai::formats {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

Metric wall_time() { return {"wall_time", "ns", Better::lower, Tier::time}; }
Metric cpu_time() { return {"cpu_time", "ns", Better::lower, Tier::time}; }
Metric throughput(std::string_view unit) {
  return {"throughput", std::string(unit), Better::higher, Tier::time};
}
Metric exact_count(std::string_view name) {
  return {std::string(name), "count", Better::lower, Tier::exact};
}
Metric near_exact(std::string_view name, std::string_view unit) {
  return {std::string(name), std::string(unit), Better::lower, Tier::near_exact};
}
Metric shown(std::string_view name, std::string_view unit, Better better) {
  return {std::string(name), std::string(unit), better, Tier::explain};
}

Result<ReadingsBuilder::Series*> ReadingsBuilder::series(std::string_view benchmark,
                                                         const Metric& metric) {
  key_.assign(benchmark).append("\n").append(metric.name);
  if (const auto known = index_.find(key_); known != index_.end()) {
    Series& series = series_[known->second];
    if (series.reading.metric != metric)
      return Error{Errc::parse, "benchmark " + in_quotes(benchmark) + " gives " +
                                    in_quotes(metric.name) + " in two units or directions"};
    return &series;
  }
  if (benchmark.empty() || metric.name.empty())
    return Error{Errc::parse, "a benchmark or a metric has no name"};
  if (std::max(benchmark.size(), metric.name.size()) > limits_.name_bytes_max)
    return Error{Errc::limit, "the name " + in_quotes(benchmark) + " is longer than " +
                                  format_bytes(limits_.name_bytes_max)};
  if (series_.size() == limits_.readings_max)
    return Error{Errc::limit,
                 "more than " + std::to_string(limits_.readings_max) + " benchmark metrics"};
  index_.emplace(key_, series_.size());
  Series& added = series_.emplace_back();
  added.reading.benchmark = printable(benchmark);
  added.reading.metric = metric;
  return &added;
}

Result<bool> ReadingsBuilder::accept(std::string_view benchmark, const Metric& metric,
                                     double value) {
  if (++values_ > limits_.values_max)
    return Error{Errc::limit, "more than " + std::to_string(limits_.values_max) + " values"};
  if (std::isfinite(value) && (value >= 0 || metric.tier == Tier::explain)) return true;
  if (metric.tier != Tier::explain)
    fail(benchmark, metric.name + " is not a finite number of at least 0");
  return false;
}

Result<void> ReadingsBuilder::add(std::string_view benchmark, const Metric& metric, double value) {
  MELISAI_TRY(const bool keep, accept(benchmark, metric, value));
  if (!keep) return {};
  MELISAI_TRY(Series* const into, series(benchmark, metric));
  into->reading.values.push_back(value);
  return {};
}

Result<void> ReadingsBuilder::add_summary(std::string_view benchmark, const Metric& metric,
                                          double value, std::uint64_t n) {
  MELISAI_TRY(const bool keep, accept(benchmark, metric, value));
  if (!keep) return {};
  MELISAI_TRY(Series* const into, series(benchmark, metric));
  into->summaries.push_back(value);
  into->summary_n += std::max<std::uint64_t>(n, 1);
  return {};
}

void ReadingsBuilder::fail(std::string_view benchmark, std::string_view why) {
  constexpr std::size_t kWhyMax = 500;
  if (failed_.size() < limits_.readings_max)
    failed_.try_emplace(printable(benchmark), printable(why.substr(0, kWhyMax)));
}

Result<Readings> ReadingsBuilder::take() {
  Readings all;
  for (Series& series : series_) {
    Reading& reading = series.reading;
    if (failed_.contains(reading.benchmark)) continue;
    const bool is_measured = !reading.values.empty();
    reading.value = median(is_measured ? reading.values : series.summaries);
    reading.n = is_measured ? reading.values.size() : series.summary_n;
    all.readings.push_back(std::move(reading));
  }
  all.failed = std::move(failed_);
  if (all.readings.empty() && all.failed.empty())
    return Error{Errc::parse, "no benchmark is in it"};
  return all;
}

}  // namespace melisai::formats
