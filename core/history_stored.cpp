#include "core/history_stored.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <map>
#include <set>

#include "core/base/glob.h"
#include "core/base/log.h"
#include "core/store/store.h"

namespace melisai {
namespace {

/// What makes values comparable.
struct Key {
  std::string project, benchmark, metric, fingerprint, configuration;
  auto operator<=>(const Key&) const = default;
};

struct CommitValues {
  std::string sha;
  store::RunId first_run = 0;
  std::vector<double> values;
};

struct Measured {
  Metric metric;
  std::vector<CommitValues> commits;  ///< in the order of their first runs
  std::map<std::string, std::size_t> places;
};

using AllMeasured = std::map<Key, Measured>;

bool matches(const std::string& glob, const std::string& text) {
  return glob.empty() || matches_glob(glob, text);
}

void collect(const store::Run& run, const HistoryRequest& request, AllMeasured& all) {
  const std::string& sha = run.summary.head.sha;
  for (const BenchmarkResult& result : run.report->benchmarks) {
    if (!result.head || !(std::abs(result.head->median) < kHistoryValueMax) ||
        !matches(request.benchmark, result.name) || !matches(request.metric, result.metric.name))
      continue;
    Measured& measured = all[{.project = run.summary.project,
                              .benchmark = result.name,
                              .metric = result.metric.name,
                              .fingerprint = run.summary.fingerprint,
                              .configuration = run.configuration}];
    measured.metric = result.metric;
    const auto [place, is_new] = measured.places.try_emplace(sha, measured.commits.size());
    if (is_new) measured.commits.push_back({.sha = sha, .first_run = run.summary.id, .values = {}});
    measured.commits[place->second].values.push_back(result.head->median);
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

/// Names say as much as it takes to tell the series apart.
class Names {
 public:
  explicit Names(const AllMeasured& all) {
    for (const auto& [key, measured] : all) {
      projects_.insert(key.project);
      machines_.insert(key.fingerprint);
      configurations_.insert(key.configuration);
    }
  }

  std::string of(const Key& key) const {
    std::string name = key.benchmark + "/" + key.metric;
    if (projects_.size() > 1) name += ", project " + key.project;
    if (machines_.size() > 1) name += ", machine " + key.fingerprint;
    if (configurations_.size() > 1) name += ", configuration " + key.configuration;
    return name;
  }

 private:
  std::set<std::string> projects_, machines_, configurations_;
};

Result<AllMeasured> measured_by(const store::Store& store, const HistoryRequest& request) {
  constexpr std::size_t kRunsMax = 1'000'000;
  MELISAI_TRY(std::vector<store::RunSummary> runs,
              store.runs({.project = request.project, .limit = kRunsMax}));
  std::reverse(runs.begin(), runs.end());
  AllMeasured all;
  for (const store::RunSummary& summary : runs) {
    if (summary.state != store::RunState::finished || summary.head.sha.empty()) continue;
    if (summary.command == "bisect") continue;  // measured only what was suspected
    if (!request.branch.empty() && summary.branch != request.branch) continue;
    const Result<store::Run> run = store.run(summary.id);
    // Another process may collect garbage in the meantime.
    if (!run && run.error().code == Errc::not_found) continue;
    if (!run && run.error().code == Errc::parse) {
      log_warning("run " + std::to_string(summary.id) + " is left out: " + run.error().message);
      continue;
    }
    if (!run) return run.error();
    if (run->report) collect(*run, request, all);
  }
  return all;
}

}  // namespace

Result<Histories> stored_histories(const HistoryRequest& request) {
  MELISAI_TRY(const auto store, store::Store::open_reader(request.state_dir));
  if (!store) return Error{Errc::not_found, "no run is stored in " + request.state_dir};
  MELISAI_TRY(const AllMeasured all, measured_by(*store, request));
  const Names names(all);
  HistoryBuilder builder;
  for (const auto& [key, measured] : all) {
    MELISAI_TRY(HistorySeries* const series, builder.series(names.of(key)));
    series->unit = measured.metric.unit;
    series->better = measured.metric.better;
    for (const CommitValues& commit : measured.commits)
      MELISAI_CHECK(builder.add(*series, commit.first_run, median(commit.values), commit.sha));
  }
  return builder.take();
}

}  // namespace melisai
