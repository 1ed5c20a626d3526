#include "core/replay.h"

#include <algorithm>
#include <vector>

#include "core/base/glob.h"
#include "core/gate/gate.h"
#include "core/replay_input.h"
#include "core/replay_output.h"

namespace melisai {
namespace {

/// "gzip/wall_ms" -> metric wall_ms of benchmark gzip. Nothing tells times from counts, so no
/// metric is of the time tier: that would call two zeros a clock that is too coarse.
SeriesId id_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == name.size())
    return {.benchmark = name, .metric = "value"};
  return {.benchmark = name.substr(0, slash), .metric = name.substr(slash + 1)};
}

Replayed judge(const RecordedSeries& series, const Policy& policy, const stats::PairedTest& test,
               int suite) {
  const SeriesId id = id_of(series.name);
  const Metric metric{
      .name = id.metric, .unit = "", .better = series.better, .tier = Tier::explain};
  Replayed replayed{.series = series.name,
                    .result = gate::judge_recording(
                        {.id = id, .metric = metric, .base = series.base, .head = series.head},
                        policy, test, suite)};
  // Without a direction nothing is good or bad: shown, no part of the verdict.
  replayed.result.gating = series.better != Better::unknown;
  if (!replayed.result.gating) replayed.result.level = Level::off;
  return replayed;
}

std::vector<Replayed> judge_all(const std::vector<RecordedSeries>& recorded,
                                const ReplayRequest& request) {
  const auto gating =
      std::count_if(recorded.begin(), recorded.end(),
                    [](const RecordedSeries& each) { return each.better != Better::unknown; });
  const int suite = request.independent ? 1 : static_cast<int>(gating);
  const std::unique_ptr<stats::PairedTest> test = stats::make_paired_test();
  std::vector<Replayed> all;
  all.reserve(recorded.size());
  for (const RecordedSeries& series : recorded)
    all.push_back(judge(series, request.policy, *test, suite));
  return all;
}

Report report_of(const std::vector<Replayed>& all, const Policy& policy) {
  Report report;
  report.threshold = policy.threshold;
  report.false_alarm = policy.false_alarm;
  report.miss = policy.miss;
  for (const Replayed& each : all) report.benchmarks.push_back(each.result);
  gate::conclude(report);
  if (all.empty())
    report.reason = "nothing was compared: no pair was read, or --only matches no series";
  return report;
}

}  // namespace

Result<int> replay(const ReplayRequest& request,
                   const std::function<bool(std::string_view)>& print) {
  MELISAI_TRY(std::vector<RecordedSeries> recorded, read_recorded(request.file));
  if (!request.only.empty())
    std::erase_if(recorded, [&](const RecordedSeries& series) {
      return !matches_glob(request.only, series.name);
    });
  const std::vector<Replayed> all = judge_all(recorded, request);
  const Report report = report_of(all, request.policy);
  const std::string sentence =
      request.independent
          ? "each series on its own: " + (all.empty() ? "there is none" : decisions_text(all))
          : std::string(to_string(report.verdict)) + ": " + report.reason;
  if (!print(request.json ? replay_json(all) : replay_text(sentence, all)))
    return Error{Errc::io, "the output could not be written"};
  return request.independent ? 0 : exit_code(report, request.policy.fail_on);
}

}  // namespace melisai
