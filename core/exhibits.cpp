#include "core/exhibits.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "core/gate/gate.h"

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

/// What a person looks at first.
int urgency(const BenchmarkResult& row) {
  switch (row.decision) {
    case Decision::regressed: return 0;
    case Decision::inconclusive: return 1;
    case Decision::improved: return 2;
    default: return 3;
  }
}

}  // namespace

report::Exhibits exhibits_of(const store::Store& store, store::RunId run, const Report& report) {
  Series series = shown_series(store, run, report);
  std::vector<const BenchmarkResult*> rows;
  for (const BenchmarkResult& row : report.benchmarks)
    if (row.level != Level::off && row.metric.better != Better::unknown) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto* a, const auto* b) { return urgency(*a) < urgency(*b); });
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

}  // namespace melisai
