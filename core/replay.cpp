#include "core/replay.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/glob.h"
#include "core/base/lines.h"
#include "core/base/output.h"
#include "core/base/text.h"
#include "core/gate/gate.h"
#include "core/replay_input.h"
#include "core/replay_output.h"

namespace melisai {
namespace {

/// "gzip/wall_ms" -> metric wall_ms of benchmark gzip.
SeriesId id_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == name.size())
    return {.benchmark = name, .metric = "value"};
  return {.benchmark = name.substr(0, slash), .metric = name.substr(slash + 1)};
}

Replayed judge(const RecordedSeries& series, const ReplayRequest& request,
               const stats::PairedTest& test, int suite) {
  const SeriesId id = id_of(series.name);
  const RecordedTraits& traits = series.traits;
  const gate::Recording recording{
      .id = id,
      .metric = {.name = id.metric, .unit = "", .better = traits.better, .tier = traits.tier},
      .base = series.base,
      .head = series.head,
      .level = traits.gates() ? traits.level : Level::off,
      .threshold = request.one_threshold ? request.policy.threshold : traits.threshold};
  return {.series = series.name,
          .result = gate::judge_recording(recording, request.policy, test, suite)};
}

/// Over how many the promise is split: the series that gate, those that the run judged without
/// pairs, and the health of the host when it had a vote in it.
int votes_of(const std::vector<RecordedSeries>& recorded) {
  const auto gating = std::count_if(recorded.begin(), recorded.end(),
                                    [](const auto& each) { return each.traits.gates(); });
  const bool health = std::any_of(recorded.begin(), recorded.end(), [](const auto& each) {
    return each.traits.health == Level::fail;
  });
  int counted = 0;
  for (const RecordedSeries& each : recorded) counted = std::max(counted, each.traits.counted);
  return static_cast<int>(gating) + counted + (health ? 1 : 0);
}

std::vector<Replayed> judge_all(const std::vector<RecordedSeries>& recorded,
                                const ReplayRequest& request) {
  const int suite = request.independent ? 1 : votes_of(recorded);
  const std::unique_ptr<stats::PairedTest> test = stats::make_paired_test();
  std::vector<Replayed> all;
  all.reserve(recorded.size());
  for (const RecordedSeries& series : recorded) all.push_back(judge(series, request, *test, suite));
  return all;
}

/// What a pass may claim: the largest threshold of those that vote.
double threshold_of(const std::vector<Replayed>& all, const Policy& policy) {
  std::optional<double> largest;
  for (const Replayed& each : all)
    if (each.result.gating) largest = std::max(largest.value_or(0), each.result.threshold);
  return largest.value_or(policy.threshold);
}

Report report_of(const std::vector<Replayed>& all, const Policy& policy) {
  Report report;
  report.threshold = threshold_of(all, policy);
  report.false_alarm = policy.false_alarm;
  report.miss = policy.miss;
  report.max_pairs = policy.max_pairs;
  for (const Replayed& each : all) report.benchmarks.push_back(each.result);
  gate::conclude(report);
  if (report.reason_code == ReasonCode::nothing_compared)
    report.reason = "nothing was judged: every series is of level off or of unknown direction";
  return report;
}

Result<std::vector<RecordedSeries>> selected(const ReplayRequest& request) {
  MELISAI_TRY(std::vector<RecordedSeries> recorded, read_recorded(request.file));
  if (request.only.empty()) return recorded;
  const Error no_match{Errc::not_found, "--only: " + in_quotes(request.only) +
                                            " matches none of the " +
                                            std::to_string(recorded.size()) + " series of " +
                                            input_name(request.file) + ", the first of which is " +
                                            in_quotes(recorded.front().name)};
  std::erase_if(recorded,
                [&](const RecordedSeries& each) { return !matches_glob(request.only, each.name); });
  if (recorded.empty()) return no_match;
  return recorded;
}

}  // namespace

Result<int> replay(const ReplayRequest& request,
                   const std::function<bool(std::string_view)>& print) {
  MELISAI_TRY(const std::vector<RecordedSeries> recorded, selected(request));
  const std::vector<Replayed> all = judge_all(recorded, request);
  const Report report = report_of(all, request.policy);
  const std::string sentence = request.independent
                                   ? "each series on its own: " + decisions_text(all)
                                   : std::string(to_string(report.verdict)) + ": " + report.reason;
  if (!print(request.json ? replay_json(all) : replay_text(sentence, all))) return cannot_print();
  return request.independent ? 0 : exit_code(report, request.policy.fail_on);
}

}  // namespace melisai
