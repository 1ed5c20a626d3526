#include "core/measure/formats/builder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/base/text.h"

namespace melisai::formats {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return std::midpoint(*std::max_element(values.begin(), middle), *middle);
}

/// The text as readers will see it; `buffer` holds it where it has to be changed.
std::string_view clean(std::string_view text, std::string& buffer) {
  bool is_plain = true;
  for (const char c : text) is_plain &= c >= ' ' && c <= '~';  // no early end: many at once
  if (is_plain) return text;
  buffer = printable(text);
  return buffer;
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
  key_.assign(clean(benchmark, buffer_));
  const std::size_t name_size = key_.size();
  key_.append("\n").append(clean(metric.name, buffer_));
  if (const auto known = index_.find(key_); known != index_.end()) {
    Series& series = series_[known->second];
    const Metric& first = series.reading.metric;
    if (first.unit != metric.unit || first.better != metric.better || first.tier != metric.tier)
      return Error{Errc::parse, "benchmark " + in_quotes(benchmark) + " gives " +
                                    in_quotes(metric.name) + " in two units or directions"};
    return &series;
  }
  if (series_.size() == limits_.readings_max)
    return Error{Errc::limit,
                 "more than " + std::to_string(limits_.readings_max) + " benchmark metrics"};
  index_.emplace(key_, series_.size());
  Series& added = series_.emplace_back();
  added.reading.benchmark = key_.substr(0, name_size);
  added.reading.metric = metric;
  added.reading.metric.name = key_.substr(name_size + 1);
  return &added;
}

Result<bool> ReadingsBuilder::accept(std::string_view benchmark, const Metric& metric,
                                     double value) {
  if (benchmark.empty() || metric.name.empty())
    return Error{Errc::parse, "a benchmark or a metric has no name"};
  for (const std::string_view name : {benchmark, std::string_view(metric.name)})
    if (name.size() > limits_.name_bytes_max)
      return Error{Errc::limit, "the name " + in_quotes(name) + " is longer than " +
                                    format_bytes(limits_.name_bytes_max)};
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
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - into->summary_n;
  into->summary_n += std::min(std::max<std::uint64_t>(n, 1), room);
  return {};
}

void ReadingsBuilder::fail(std::string_view benchmark, std::string_view why) {
  constexpr std::size_t kWhyMax = 500;
  if (benchmark.empty()) {
    has_nameless_failure_ = true;
    return;
  }
  const std::string name = printable(benchmark.substr(0, limits_.name_bytes_max));
  if (failed_.size() < limits_.readings_max)
    failed_.try_emplace(name, printable(why.substr(0, kWhyMax)));
  else
    has_lost_failure_ = has_lost_failure_ || !failed_.contains(name);
}

Result<Readings> ReadingsBuilder::take() {
  if (has_nameless_failure_) return Error{Errc::parse, "a benchmark that failed has no name"};
  if (has_lost_failure_)
    return Error{Errc::limit,
                 "more than " + std::to_string(limits_.readings_max) + " benchmarks failed"};
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
