#include <array>
#include <map>
#include <utility>

#include "core/api/metrics.h"

namespace melisai::api {
namespace {

using Outcome = PipelineRun::Outcome;
using Type = Metric::Type;
using Key = std::pair<std::string, std::string>;  // project and pipeline

struct Durations {
  double seconds = 0;
  std::int64_t runs = 0;
  std::array<std::int64_t, store::kDurationBuckets.size()> within = {};
};

bool went_wrong(Outcome outcome) {
  return outcome == Outcome::failed || outcome == Outcome::regression || outcome == Outcome::error;
}

Labels labels_of(const Key& key) { return {{"project", key.first}, {"pipeline", key.second}}; }

Metric durations_metric(const std::map<Key, Durations>& all) {
  Metric metric{.name = "cicd_pipeline_duration_seconds",
                .help = "From the start of a run's first attempt to its end.",
                .type = Type::histogram,
                .samples = {}};
  const auto add = [&](const Key& key, const char* suffix, std::int64_t value,
                       const std::string& le) {
    Sample sample{.labels = labels_of(key), .value = static_cast<double>(value), .suffix = suffix};
    if (!le.empty()) sample.labels.emplace_back("le", le);
    metric.samples.push_back(std::move(sample));
  };
  for (const auto& [key, durations] : all) {
    for (std::size_t i = 0; i < durations.within.size(); ++i)
      add(key, "_bucket", durations.within[i], std::to_string(store::kDurationBuckets[i]));
    add(key, "_bucket", durations.runs, "+Inf");
    metric.samples.push_back(
        {.labels = labels_of(key), .value = durations.seconds, .suffix = "_sum"});
    add(key, "_count", durations.runs, "");
  }
  return metric;
}

Metric counter(const char* name, const char* help, const std::map<Key, std::int64_t>& all) {
  Metric metric{.name = name, .help = help, .type = Type::counter, .samples = {}};
  for (const auto& [key, count] : all)
    metric.samples.push_back({.labels = labels_of(key), .value = static_cast<double>(count)});
  return metric;
}

Metric counter(const char* name, const char* help, const char* label,
               const std::map<std::string, std::int64_t>& all) {
  Metric metric{.name = name, .help = help, .type = Type::counter, .samples = {}};
  for (const auto& [value, count] : all)
    metric.samples.push_back({.labels = {{label, value}}, .value = static_cast<double>(count)});
  return metric;
}

}  // namespace

std::vector<Metric> run_metrics(const std::vector<store::RunTotals>& totals) {
  std::map<Key, Durations> durations;
  std::map<Key, std::int64_t> good;
  std::map<Key, std::int64_t> bad;
  std::map<std::string, std::int64_t> outcomes;
  std::map<std::string, std::int64_t> verdicts;
  for (const store::RunTotals& each : totals) {
    const Key key{each.project, each.pipeline};
    Durations& of_key = durations[key];
    of_key.seconds += each.seconds;
    of_key.runs += each.started;
    for (std::size_t i = 0; i < each.within.size(); ++i) of_key.within[i] += each.within[i];
    // Both are there from a pipeline's first run on, so that a rate can be made of them.
    good[key] += each.outcome == Outcome::passed ? each.runs : 0;
    bad[key] += went_wrong(each.outcome) ? each.runs : 0;
    outcomes[std::string(to_string(each.outcome))] += each.runs;
    if (each.exclusive) verdicts[std::string(to_string(each.outcome))] += each.runs;
  }
  return {durations_metric(durations),
          counter("cicd_pipeline_success_total", "Runs that passed.", good),
          counter("cicd_pipeline_failure_total", "Runs that ended as failed, regression or error.",
                  bad),
          counter("melisai_runs_finished_total", "Runs that ended, by how.", "outcome", outcomes),
          counter("melisai_verdicts_total", "Runs with benchmarks that ended, by how.", "verdict",
                  verdicts)};
}

}  // namespace melisai::api
