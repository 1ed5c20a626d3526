#include "core/exhibits.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "core/gate/gate.h"
#include "core/history_input.h"
#include "core/history_runs.h"
#include "core/stats/change_points.h"

namespace melisai {
namespace {

using Series = std::map<SeriesId, report::ShownSeries>;

/// Those of each series that its decision rests on.
Series shown_series(const store::Store& store, store::RunId run, const Report& report) {
  std::map<SeriesId, std::size_t> judged;
  for (const BenchmarkResult& row : report.benchmarks)
    judged.try_emplace({row.name, row.metric.name},
                       static_cast<std::size_t>(std::max(0, row.pairs)));
  Series all;
  std::size_t values = 0;
  // What a damaged store still gives is shown.
  (void)store.for_each_pair(run, [&](const store::StoredPair& pair) -> Result<void> {
    const auto row = judged.find(pair.id);
    if (row == judged.end() || values >= kExhibitedValuesMax) return {};
    report::ShownSeries& series = all[pair.id];
    if (series.pairs.size() >= row->second) return {};
    ++values;
    series.id = pair.id;
    series.pairs.push_back({.base = pair.base,
                            .head = pair.head,
                            .base_first = pair.base_first,
                            .disturbed = !pair.disturbed.empty()});
    return {};
  });
  return all;
}

/// Over how many the promise was split.
int votes_in(const Report& report) {
  const auto votes = std::count_if(
      report.benchmarks.begin(), report.benchmarks.end(), [](const BenchmarkResult& row) {
        return row.level != Level::off && row.metric.better != Better::unknown &&
               row.decision != Decision::added && row.decision != Decision::removed;
      });
  const bool health = report.health.profile != kNoProfile && report.health.level == Level::fail;
  return static_cast<int>(votes) + (health ? 1 : 0);
}

bool same(const std::optional<double>& a, const std::optional<double>& b) {
  constexpr double kRounding = 1e-9;
  const bool is_limit = a && std::isfinite(*a);
  if (is_limit != (b && std::isfinite(*b))) return false;
  return !is_limit || std::abs(*a - *b) <= kRounding;
}

/// Judged again: only a way that ends where the report ends is the one that was taken.
void follow(const BenchmarkResult& row, const Policy& policy, const stats::PairedTest& test,
            int suite, report::ShownSeries& series) {
  std::vector<double> base;
  std::vector<double> head;
  for (const report::ShownPair& pair : series.pairs) {
    base.push_back(pair.base);
    head.push_back(pair.head);
  }
  const std::vector<gate::Standpoint> way =
      gate::follow_recording({.id = series.id,
                              .metric = row.metric,
                              .base = base,
                              .head = head,
                              .level = row.level,
                              .threshold = gate::percentage_of(row, policy)},
                             policy, test, suite);
  if (way.empty() || way.back().pairs != row.pairs || !same(way.back().low, row.effect_low) ||
      !same(way.back().high, row.effect_high))
    return;
  for (const gate::Standpoint& at : way) {
    series.running.push_back({.pairs = at.pairs, .low = at.low, .high = at.high});
    if (at.confirming && series.confirm_from == 0) series.confirm_from = at.pairs + 1;
  }
}

constexpr int kUrgencyOfNone = 3;

/// What a person looks at first.
int urgency(const BenchmarkResult& row) {
  switch (row.decision) {
    case Decision::regressed: return 0;
    case Decision::inconclusive: return 1;
    case Decision::improved: return 2;
    default: return kUrgencyOfNone;
  }
}

/// The most urgent first.
std::vector<const BenchmarkResult*> judged_rows(const Report& report) {
  std::vector<const BenchmarkResult*> rows;
  for (const BenchmarkResult& row : report.benchmarks)
    if (row.level != Level::off && row.metric.better != Better::unknown) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto* a, const auto* b) { return urgency(*a) < urgency(*b); });
  return rows;
}

/// On the report's machine; of several configurations the one that was measured last.
const Measured* measured_before(const AllMeasured& all, const BenchmarkResult& row,
                                const Report& report) {
  const Measured* newest = nullptr;
  for (const auto& [key, measured] : all.series) {
    if (key.benchmark != row.name || key.metric != row.metric.name ||
        key.fingerprint != report.machine.fingerprint || measured.commits.empty())
      continue;
    if (newest == nullptr || measured.commits.back().first_run > newest->commits.back().first_run)
      newest = &measured;
  }
  return newest;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

report::ShownHistory history_of(const Measured& before, const BenchmarkResult& row,
                                const Report& report) {
  report::ShownHistory history{
      .id = {row.name, row.metric.name}, .unit = row.metric.unit, .points = {}, .changes = {}};
  std::vector<double> values;
  const auto add = [&](const std::string& sha, double value) {
    history.points.push_back({sha.substr(0, kCommitDigits), value});
    values.push_back(value);
  };
  for (const CommitValues& commit : before.commits)
    if (commit.sha != report.head.sha) add(commit.sha, median_of(commit.values));
  add(report.head.sha, row.head->median);
  for (const stats::ChangePoint& change : stats::find_change_points(values))
    history.changes.push_back(change.index);
  return history;
}

}  // namespace

report::Exhibits exhibits_of(const store::Store& store, store::RunId run, const Report& report) {
  Series series = shown_series(store, run, report);
  std::vector<const BenchmarkResult*> rows = judged_rows(report);
  rows.resize(std::min(rows.size(), kFollowedMax));
  Policy policy{
      .threshold = report.threshold, .false_alarm = report.false_alarm, .miss = report.miss};
  if (report.max_pairs > 0) policy.max_pairs = report.max_pairs;
  const std::unique_ptr<stats::PairedTest> test = stats::make_paired_test();
  const int suite = votes_in(report);
  for (const BenchmarkResult* row : rows)
    if (const auto found = series.find({row->name, row->metric.name}); found != series.end())
      follow(*row, policy, *test, suite, found->second);
  report::Exhibits exhibits;
  for (auto& [id, each] : series) exhibits.series.push_back(std::move(each));
  return exhibits;
}

std::vector<report::ShownHistory> histories_of(const store::Store& store, const Report& report) {
  std::vector<const BenchmarkResult*> rows = judged_rows(report);
  std::erase_if(rows, [](const BenchmarkResult* row) {
    return urgency(*row) == kUrgencyOfNone || !row->head || !std::isfinite(row->head->median);
  });
  rows.resize(std::min(rows.size(), kHistoriesMax));
  if (rows.empty() || report.command != "check" || report.project.empty()) return {};
  HistoryRequest request;
  request.project = report.project;
  request.runs_max = kHistoryRunsMax;
  // Without a branch no repository is asked.
  const Result<AllMeasured> all = measured_by_checks(store, request, {});
  std::vector<report::ShownHistory> histories;
  for (const BenchmarkResult* row : rows) {
    const Measured* before = all ? measured_before(*all, *row, report) : nullptr;
    if (before == nullptr) continue;
    histories.push_back(history_of(*before, *row, report));
    if (histories.back().points.size() < 2) histories.pop_back();
  }
  return histories;
}

}  // namespace melisai
