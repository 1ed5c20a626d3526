#include "core/measure/formats/google_benchmark.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/base/text.h"
#include "core/stats/median.h"

namespace melisai::measure {
namespace {

using nlohmann::json;

constexpr std::size_t kNameMax = 500;

// Keys of a row that are not user counters (reporter of versions 1.5 to 1.9).
const std::set<std::string, std::less<>> kOwnKeys = {"name",
                                                     "family_index",
                                                     "per_family_instance_index",
                                                     "run_name",
                                                     "run_type",
                                                     "repetitions",
                                                     "repetition_index",
                                                     "threads",
                                                     "iterations",
                                                     "real_time",
                                                     "cpu_time",
                                                     "time_unit",
                                                     "error_occurred",
                                                     "error_message",
                                                     "skipped",
                                                     "skip_message",
                                                     "label",
                                                     "aggregate_name",
                                                     "aggregate_unit",
                                                     "cpu_coefficient",
                                                     "real_coefficient",
                                                     "big_o",
                                                     "rms"};

/// All values that one run printed for one metric.
struct Samples {
  Metric metric;
  std::vector<double> values;
};

/// Rows of one benchmark: repetitions, and the aggregate that stands in when only aggregates were
/// printed.
struct Benchmark {
  std::map<std::string, Samples> samples;
  std::map<std::string, Samples> aggregate;
  std::string error;
};

std::optional<double> nanoseconds_per(const std::string& unit) {
  if (unit == "ns" || unit.empty()) return 1.0;  // ns is what Google Benchmark writes by default
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return std::nullopt;
}

Metric counter_metric(const std::string& name) {
  if (name == "bytes_per_second") return {name, "B/s", Better::higher, Tier::explain};
  if (name.ends_with("_per_second")) return {name, "1/s", Better::higher, Tier::explain};
  return {name, "count", Better::unknown, Tier::explain};
}

std::string text_at(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<void> add_values(const json& row, const std::string& name,
                        std::map<std::string, Samples>& into) {
  const std::optional<double> scale = nanoseconds_per(text_at(row, "time_unit"));
  if (!scale)
    return Error{Errc::parse,
                 "benchmark '" + name + "' has a time_unit that is not ns, us, ms or s"};
  const auto add = [&](const Metric& metric, double value) {
    Samples& samples = into[metric.name];
    samples.metric = metric;
    samples.values.push_back(value);
  };
  for (const auto& [key, value] : row.items()) {
    if (key == "real_time" && value.is_number())
      add({"wall_time", "ns", Better::lower, Tier::time}, value.get<double>() * *scale);
    else if (key == "cpu_time" && value.is_number())
      add({"cpu_time", "ns", Better::lower, Tier::time}, value.get<double>() * *scale);
    else if (value.is_number() && !kOwnKeys.contains(key) && key.size() <= kNameMax)
      add(counter_metric(key), value.get<double>());
  }
  return {};
}

Result<void> add_row(const json& row, std::map<std::string, Benchmark>& benchmarks) {
  if (!row.is_object()) return Error{Errc::parse, "an entry of \"benchmarks\" is not an object"};
  const bool aggregate = text_at(row, "run_type") == "aggregate";
  std::string name = text_at(row, "name");
  if (const std::string run_name = text_at(row, "run_name"); aggregate && !run_name.empty())
    name = run_name;
  if (name.empty() || name.size() > kNameMax)
    return Error{Errc::parse,
                 "a benchmark has no name of 1 to " + std::to_string(kNameMax) + " characters"};
  Benchmark& benchmark = benchmarks[name];
  if (row.value("error_occurred", json(false)) == json(true) ||
      !text_at(row, "error_message").empty()) {
    benchmark.error = "reported an error: " + text_at(row, "error_message");
    return {};
  }
  // Of the aggregates only the median is a time of the benchmark; mean, stddev, cv and complexity
  // are not.
  if (aggregate)
    return text_at(row, "aggregate_name") == "median" ? add_values(row, name, benchmark.aggregate)
                                                      : Result<void>{};
  return add_values(row, name, benchmark.samples);
}

/// Moves one benchmark's medians into the observation.
Result<void> store(const std::string& full_name, const Benchmark& benchmark, int metrics_max,
                   Observation& observation) {
  const auto& metrics = benchmark.samples.empty() ? benchmark.aggregate : benchmark.samples;
  if (!benchmark.error.empty()) {
    observation.failed[full_name] = benchmark.error;
    return {};
  }
  for (const auto& [name, samples] : metrics) {
    std::vector<double> values = samples.values;
    const double value = stats::median_of(values);
    if (!std::isfinite(value) && samples.metric.tier == Tier::explain) continue;
    if (!std::isfinite(value) || (value < 0 && samples.metric.tier == Tier::time)) {
      observation.failed[full_name] = name + " is not a finite number of at least 0";
      return {};
    }
    observation.values[{full_name, name}] = {samples.metric, value};
    if (observation.values.size() > static_cast<std::size_t>(metrics_max))
      return Error{Errc::limit, "more than measure.metrics_max = " + std::to_string(metrics_max) +
                                    " metrics in one run"};
  }
  return {};
}

}  // namespace

Result<Observation> parse_google_benchmark(const std::string& process, std::string_view text,
                                           int metrics_max) {
  json document;
  try {
    document = json::parse(text);
  } catch (const json::parse_error& error) {
    // Google Benchmark writes NaN and Infinity bare, which is not JSON.
    return Error{Errc::parse, "the result is not valid JSON at byte " + std::to_string(error.byte) +
                                  " (a NaN, or text around it?); it begins with " +
                                  in_quotes(text.substr(0, 60))};
  } catch (const json::exception&) {
    return Error{Errc::parse, "the result holds a number that JSON readers cannot represent"};
  }
  const auto rows = document.is_object() ? document.find("benchmarks") : document.end();
  if (!document.is_object() || rows == document.end() || !rows->is_array())
    return Error{
        Errc::parse,
        "the result has no \"benchmarks\" list; is it written by --benchmark_out_format=json?"};
  std::map<std::string, Benchmark> benchmarks;
  for (const json& row : *rows) MELISAI_CHECK(add_row(row, benchmarks));
  Observation observation;
  for (const auto& [name, benchmark] : benchmarks)
    MELISAI_CHECK(store(process + "/" + name, benchmark, metrics_max, observation));
  if (observation.values.empty() && observation.failed.empty())
    return Error{Errc::parse, "the result lists no benchmark; does the filter match any?"};
  return observation;
}

std::string google_benchmark_filter(const std::vector<std::string>& names) {
  std::string filter = "^(";
  for (const std::string& name : names) {
    if (filter.size() > 2) filter += '|';
    for (const char c : name) {
      if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) filter += '\\';
      filter += c;
    }
  }
  return filter + ")$";
}

}  // namespace melisai::measure
