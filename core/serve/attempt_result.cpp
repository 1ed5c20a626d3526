#include "core/serve/attempt_result.h"

#include <algorithm>
#include <string_view>

#include "core/base/files.h"
#include "core/pipeline.h"
#include "core/serve/attempt_command.h"
#include "core/serve/retry.h"
#include "core/serve/work.h"

namespace melisai::serve {
namespace {

using RunOutcome = PipelineRun::Outcome;

constexpr Bytes kLogTail = 500;
constexpr std::string_view kInterrupted = "interrupted: the daemon ended first";
constexpr std::string_view kStopped = "interrupted: the engines were stopped in order";

/// The last thing that `work` said, when it left no result.
std::string how_it_ended(const EndedAttempt& ended) {
  if (!ended.exit) return ended.exit.error().message;
  std::string last = file_tail(ended.attempt.directory + "/work.log", kLogTail);
  while (!last.empty() && last.back() == '\n') last.pop_back();
  last = last.substr(last.rfind('\n') == std::string::npos ? 0 : last.rfind('\n') + 1);
  return "its process ended without a result: " + describe(*ended.exit, kAttemptMax) +
         (last.empty() ? "" : ": " + last);
}

/// What its process left.
std::optional<PipelineResult> left_by(const Attempt& attempt) {
  const auto text = read_file(attempt.directory + "/" + kResultFile, kResultFileMax);
  if (!text) return std::nullopt;
  Result<PipelineResult> result = pipeline_result_from_json(*text);
  return result ? std::optional(*std::move(result)) : std::nullopt;
}

store::AttemptEnd end_with(const PipelineResult& result) {
  return {.outcome = result.outcome, .reason = result.reason, .report = result.report};
}

/// An end of the daemon is no failure of the infrastructure: both have limits of their own.
bool was_interrupted(const Attempt& attempt) {
  return attempt.reason == kInterrupted || attempt.reason == kStopped;
}

int count(const std::vector<Attempt>& attempts, RunOutcome outcome) {
  return static_cast<int>(
      std::count_if(attempts.begin(), attempts.end(), [outcome](const Attempt& attempt) {
        return attempt.outcome == outcome && !was_interrupted(attempt);
      }));
}

int count(const std::vector<Attempt>& attempts, std::string_view reason) {
  return static_cast<int>(
      std::count_if(attempts.begin(), attempts.end(),
                    [reason](const Attempt& attempt) { return attempt.reason == reason; }));
}

/// That outcome of the newest attempt included.
AttemptHistory history_of(const std::vector<Attempt>& earlier, RunOutcome outcome) {
  AttemptHistory history{.outcome = outcome,
                         .errors = count(earlier, RunOutcome::error),
                         .failures = count(earlier, RunOutcome::failed),
                         .inconclusive = count(earlier, RunOutcome::inconclusive)};
  if (outcome == RunOutcome::error) ++history.errors;
  if (outcome == RunOutcome::failed) ++history.failures;
  if (outcome == RunOutcome::inconclusive) ++history.inconclusive;
  return history;
}

}  // namespace

store::AttemptEnd end_of(const PipelineRun& run, const EndedAttempt& ended,
                         const ServeConfig& config, Rng& rng, WallTime now) {
  const std::optional<PipelineResult> left = left_by(ended.attempt);
  store::AttemptEnd end =
      left ? end_with(*left)
           : store::AttemptEnd{.outcome = RunOutcome::error, .reason = how_it_ended(ended)};
  const FailurePolicy& failure = config.orchestrator.failure;
  const RetryPolicy policy{.errors_max = failure.retries_max,
                           .failed_once = config.orchestrator.optimization.retry_failed_tests,
                           .inconclusive_max = failure.inconclusive_retries};
  AttemptHistory history = history_of(ended.earlier, end.outcome);
  history.noisy = left && left->noisy;
  const auto delay = retry_delay(history, policy, rng);
  if (delay && !run.cancel_requested) end.retry_at = now + *delay;
  return end;
}

std::optional<store::AttemptEnd> result_in_time(const Attempt& attempt) {
  const std::optional<PipelineResult> left = left_by(attempt);
  if (!left || left->outcome == RunOutcome::error) return std::nullopt;
  return end_with(*left);
}

store::AttemptEnd interrupted_end(const std::vector<Attempt>& earlier, WallTime now) {
  store::AttemptEnd end{.outcome = RunOutcome::error, .reason = std::string(kInterrupted)};
  if (count(earlier, kInterrupted) < kInterruptsMax) end.retry_at = now;
  return end;
}

store::AttemptEnd stopped_end(const std::vector<Attempt>& earlier, WallTime now) {
  store::AttemptEnd end{.outcome = RunOutcome::error, .reason = std::string(kStopped)};
  if (count(earlier, kStopped) < kStopsMax)
    end.retry_at = now;
  else
    end.reason += " in more than " + std::to_string(kStopsMax) +
                  " of its attempts: look whether the pipeline restarts the daemon itself, then "
                  "trigger it again";
  return end;
}

}  // namespace melisai::serve
