#include "core/serve/retry.h"

#include <algorithm>

namespace melisai::serve {
namespace {

constexpr int kDoublingsMax = 20;  // beyond every delay_max that makes sense

Milliseconds backoff(int retry, const RetryPolicy& policy, Rng& rng) {
  const Milliseconds whole = std::min(
      policy.delay_first * (std::int64_t{1} << std::min(retry, kDoublingsMax)), policy.delay_max);
  // 75 % to 125 %.
  const auto half = static_cast<std::uint64_t>(std::max<std::int64_t>(whole.count() / 2, 1));
  return whole - whole / 4 + Milliseconds(static_cast<std::int64_t>(rng.below(half)));
}

}  // namespace

std::optional<Milliseconds> retry_delay(const AttemptHistory& history, const RetryPolicy& policy,
                                        Rng& rng) {
  if (history.outcome == PipelineRun::Outcome::error && history.errors <= policy.errors_max)
    return backoff(history.errors - 1, policy, rng);
  if (history.outcome == PipelineRun::Outcome::failed && policy.failed_once &&
      history.failures == 1)
    return Milliseconds(0);
  if (history.outcome == PipelineRun::Outcome::inconclusive && history.noisy &&
      history.inconclusive <= policy.inconclusive_max)
    return policy.delay_quiet;
  return std::nullopt;
}

}  // namespace melisai::serve
