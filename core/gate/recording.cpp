// Judging recorded pairs: the same series and the same looks, without a suite around them.
#include <algorithm>

#include "core/gate/gate.h"
#include "core/gate/series.h"

namespace melisai::gate {
namespace {

/// Gives the pairs to a series until it is decided; `after` is called after each.
template <class After>
Series judged(const Recording& recording, const Policy& policy, const Judge& judge, After after) {
  MELISAI_ASSERT(recording.base.size() == recording.head.size());
  Series series(recording.id, recording.metric,
                threshold_for(recording.metric, policy, recording.threshold), 0);
  series.make_gating(recording.level, "");
  for (std::size_t i = 0; i < recording.base.size() && !series.decided(); ++i) {
    if (series.pairs() >= policy.max_pairs) break;
    series.add(recording.base[i], recording.head[i], judge);
    after(series);
  }
  return series;
}

Judge judge_of(const Recording& recording, const Policy& policy, const stats::PairedTest& test,
               int suite) {
  return {.test = test,
          .stages = stages_for(recording.level != Level::off, policy, suite),
          .gain = {.alarm = policy.false_alarm, .miss = policy.miss},
          .pairs_max = policy.max_pairs};
}

}  // namespace

BenchmarkResult judge_recording(const Recording& recording, const Policy& policy,
                                const stats::PairedTest& test, int suite) {
  const Judge judge = judge_of(recording, policy, test, suite);
  return judged(recording, policy, judge, [](const Series&) {}).result(judge);
}

std::vector<Standpoint> follow_recording(const Recording& recording, const Policy& policy,
                                         const stats::PairedTest& test, int suite) {
  const Judge judge = judge_of(recording, policy, test, suite);
  std::vector<Standpoint> way;
  judged(recording, policy, judge, [&](const Series& series) {
    if (series.pairs() < kFirstLook) return;
    const Series::Limits limits = series.limits(judge);
    way.push_back({.pairs = series.pairs(),
                   .low = limits.low,
                   .high = limits.high,
                   .confirming = series.confirming()});
  });
  return way;
}

}  // namespace melisai::gate
