// Judging recorded pairs: the same series and the same looks, without a suite around them.
#include "core/gate/gate.h"
#include "core/gate/series.h"

namespace melisai::gate {

BenchmarkResult judge_recording(const Recording& recording, const Policy& policy,
                                const stats::PairedTest& test, int suite) {
  MELISAI_ASSERT(recording.base.size() == recording.head.size());
  Series series(recording.id, recording.metric,
                threshold_for(recording.metric, policy, recording.threshold), 0);
  series.make_gating(recording.level, "");
  const Judge judge{.test = test,
                    .stages = stages_for(series.gating(), policy, suite),
                    .gain = {.alarm = policy.false_alarm, .miss = policy.miss},
                    .pairs_max = policy.max_pairs};
  for (std::size_t i = 0; i < recording.base.size() && !series.decided(); ++i) {
    if (series.pairs() >= policy.max_pairs) break;
    series.add(recording.base[i], recording.head[i], judge);
  }
  return series.result(judge);
}

}  // namespace melisai::gate
